"""OAuth 2.0 (contract 1.4, 1.5): apps of others act for an account without knowing its password or keys.

protocol    what a request may say: refusals, scopes, PKCE
apps        apps registered by an account
requests    an authorization request, checked
grants      consent: the code it gives, what hangs from it, and how it ends
tokens      codes and refresh tokens exchanged for access tokens; whom an access token stands for
"""
