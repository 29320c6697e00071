"""What the sample office is made of. Everybody is invented; every address ends in .example."""

from __future__ import annotations

FIRST = (
    "Amara", "Benoit", "Carmen", "Dilip", "Elif", "Fiona", "Goran", "Hanna", "Ivo", "Jasmin", "Kofi", "Lena", "Mateus",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sami", "Tamsin", "Ulrike", "Viktor", "Wanda", "Xenia", "Yusuf", "Zora",
    "Alba", "Bruno", "Chiara", "Derek",
)  # fmt: skip
LAST = (
    "Achterberg", "Bianchi", "Castellanos", "Dunmore", "Ekwueme", "Farrow", "Grünwald", "Hollis", "Ilves", "Jansen",
    "Kowalczyk", "Lindqvist", "Marchetti", "Novak", "Okonjo", "Petrakis", "Quigley", "Rasmussen", "Sandoval", "Thackeray",
    "Underhill", "Varga", "Whitcombe", "Yilmaz", "Zeller",
)  # fmt: skip
COMPANIES = (
    ("Harbour & Lane Mortgages", "harbourlane", "partner", "Mortgage broker"),
    ("Northgate Surveyors", "northgate-surveyors", "supplier", "Building surveys"),
    ("Fernhill Solicitors", "fernhill-law", "partner", "Conveyancing"),
    ("Brightwater Staging", "brightwater-staging", "supplier", "Home staging"),
    ("Old Mill Developments", "oldmill-dev", "customer", "New homes along the river"),
    ("Quayside Lettings", "quayside-lettings", "competitor", "Lettings"),
    ("Palmer Photography", "palmerphoto", "supplier", "Property photography"),
    ("Greystone Capital", "greystone-capital", "investor", "Buys portfolios of flats"),
    ("Corner Bakery Cooperative", "cornerbakery", "customer", "Looking for a second shop"),
    ("Tidewater Architects", "tidewater-architects", "partner", "Conversions and extensions"),
    ("Meadow Primary School", "meadowprimary", "customer", "Staff housing"),
    ("Silverline Removals", "silverline-removals", "supplier", "Removals and storage"),
    ("Kestrel Insurance", "kestrel-insurance", "partner", "Buildings insurance"),
    ("Lantern Coworking", "lantern-coworking", "customer", "Offices by the month"),
    ("Maple & Oak Interiors", "mapleoak", "supplier", "Kitchens"),
)
STREETS = (
    "Harbour Street",
    "Mill Lane",
    "Station Road",
    "Chapel Hill",
    "Rosewood Avenue",
    "Kings Parade",
    "Orchard Close",
)
TOWNS = (
    ("Ashbourne", "AS1 4QT"),
    ("Wexcombe", "WX3 9DL"),
    ("Port Merrin", "PM2 7HF"),
    ("Thornbury Vale", "TV5 1RA"),
)
JOBS = (
    "Teacher",
    "Nurse",
    "Architect",
    "Chef",
    "Engineer",
    "Retired",
    "Designer",
    "Accountant",
    "Pilot",
    "Musician",
)
LOOKING = (
    "Two-bedroom flat near the station", "Family house with a garden", "Cottage with a workshop", "Studio to let",
    "Sale of a parental home", "First home, pre-approved", "Investment flat", "House by the water", "Moving closer to work",
)  # fmt: skip
SOURCES = ("Referral", "Website", "Open house", "Portal", "Walk-in")
PROJECTS = (
    ("12 Harbour Street", 385_000, "current", "Three offers expected this week"),
    ("4 Chapel Hill", 512_000, "current", "Survey came back clean"),
    ("Mill Lane Cottage", 298_500, "future", "Owners decide after the summer"),
    ("Rosewood Avenue 27", 640_000, "won", "Completed, keys handed over"),
    ("Station Road Flat 9", 214_000, "current", "Chain of three"),
    ("Kings Parade 3", 975_000, "future", "Needs photographs"),
    ("Orchard Close 18", 331_000, "lost", "Seller withdrew"),
    ("Quay Warehouse Conversion", 1_450_000, "current", "Twelve units, off plan"),
    ("Corner Bakery, second shop", 58_000, "current", "Lease, five years"),
    ("Meadow School Staff Houses", 720_000, "won", "Four houses, one buyer"),
)
CALLS = (
    ("Asked about the asking price", "connected"), ("Left a message about Saturday's viewing", "leftvm"),
    ("Talked through the survey", "connected"), ("No answer, will try tomorrow", "noanwser"),
    ("Wants to see two more before deciding", "connected"), ("Mortgage offer arrived", "connected"),
)  # fmt: skip
MAILS = (
    ("Photographs of the house", "Thank you for sending these, the garden looks even better than we hoped."),
    ("Viewing on Thursday", "Thursday at five works for us. We will bring my father, he knows roofs."),
    ("Question about the lease", "How long is left on the lease, and who pays for the windows?"),
    ("Offer", "We would like to offer a little below asking, subject to the survey."),
    ("Documents", "Attached are the signed forms. Please tell us if anything is missing."),
)
NOTES = (
    "Has two dogs: needs a garden with a fence.", "Sells only if the new house is found first.",
    "Prefers calls after six.", "Met at the open house, very keen.", "Their lease ends in the spring.",
)  # fmt: skip
TODOS = (
    "Send the brochure", "Book the surveyor", "Call about the offer", "Ask for proof of funds", "Arrange second viewing",
    "Send holiday greetings", "Check the chain with the solicitor",
)  # fmt: skip
