"""When what is known of credentials is out of date: a key was revoked, a profile or a team changed."""

from __future__ import annotations

from collections import Counter

from tieline.store.database import Transaction

# By database: how often something that identifying a caller answers became out of date in this process.
_versions: Counter[str] = Counter()


def version(url: str) -> int:
    """A number that changes with them. Whoever keeps what `caller_by_key` answered throws it away then."""
    return _versions[url]


def changed(tx: Transaction) -> None:
    """Callers of this database are to be read anew, once this transaction is over."""
    source = tx.source
    tx.after_commit(lambda: _versions.update((source,)))
