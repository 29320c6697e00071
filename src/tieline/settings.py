"""Every setting, once: environment variable, default, help. `tieline serve` flags override the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from tieline.errors import InvalidInput


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of one process. Field `x` is read from `TIELINE_X`."""

    data_dir: Annotated[str, msgspec.Meta(description="Folder of the database, keys and run file")] = "data"
    database: Annotated[
        str,
        msgspec.Meta(
            description="Database URL; empty: SQLite in the data folder. postgresql://… for many workers"
        ),
    ] = ""
    host: Annotated[str, msgspec.Meta(description="Address to listen on")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(description="Port to listen on", ge=0, le=65535)] = 8642
    public_url: Annotated[
        str, msgspec.Meta(description="Address under which others reach this server; empty: http://host:port")
    ] = ""
    secret_key: Annotated[
        str,
        msgspec.Meta(
            description="Key that encrypts stored secrets; empty: kept in secret.key in the data folder"
        ),
    ] = ""
    allow_private_targets: Annotated[
        str,
        msgspec.Meta(
            description="Outgoing calls to private addresses: empty (none but our own hooks), 'loopback', 'all', "
            "or a comma-separated list of hosts and networks"
        ),
    ] = ""
    allow_signup: Annotated[
        bool, msgspec.Meta(description="Let anybody create an account on the sign-in page")
    ] = False
    strict_wire: Annotated[
        bool, msgspec.Meta(description="Turn off the lenient input forms (contract 0.4)")
    ] = False
    body_limit: Annotated[int, msgspec.Meta(description="Largest request body in bytes", ge=1024)] = 5_000_000
    rate_limit: Annotated[
        int, msgspec.Meta(description="Requests a minute per credential; 0: unlimited", ge=0)
    ] = 600
    rate_burst: Annotated[int, msgspec.Meta(description="Requests that may come at once", ge=1)] = 60
    session_days: Annotated[int, msgspec.Meta(description="Lifetime of a sign-in", ge=1)] = 30
    delivery_timeout: Annotated[
        float, msgspec.Meta(description="Seconds to wait for a webhook target", gt=0)
    ] = 10.0
    delivery_retries: Annotated[
        tuple[float, ...],
        msgspec.Meta(description="Seconds before each retry of an audit delivery (contract 5.5)"),
    ] = (30.0, 90.0, 270.0)
    delivery_retries_plain: Annotated[
        tuple[float, ...], msgspec.Meta(description="Seconds before each retry of a plain delivery")
    ] = (30.0,)
    suspend_day_minimum: Annotated[
        int, msgspec.Meta(description="Failures in a day before the rate counts")
    ] = 15
    suspend_day_share: Annotated[
        float, msgspec.Meta(description="Share of failures in a day that suspends")
    ] = 0.10
    suspend_minute: Annotated[
        int, msgspec.Meta(description="More failures than this in a minute suspend")
    ] = 5
    suspend_hour: Annotated[int, msgspec.Meta(description="More failures than this in an hour suspend")] = 10
    suspend_day: Annotated[int, msgspec.Meta(description="More failures than this in a day suspend")] = 25
    run_jobs: Annotated[
        bool, msgspec.Meta(description="Run jobs in the server process too; off where `tieline work` does it")
    ] = True
    job_concurrency: Annotated[
        int, msgspec.Meta(description="Jobs that run at once in this process", ge=1)
    ] = 64
    module_timeout: Annotated[float, msgspec.Meta(description="Seconds one module call may take", gt=0)] = (
        60.0
    )
    execution_timeout: Annotated[float, msgspec.Meta(description="Seconds one execution may take", gt=0)] = (
        2400.0
    )
    operations_limit: Annotated[
        int, msgspec.Meta(description="Operations that one execution may make", ge=1)
    ] = 250_000
    trace_depth: Annotated[
        int, msgspec.Meta(description="Scenarios that may set off one another in a chain", ge=1)
    ] = 10
    hook_rate: Annotated[
        int, msgspec.Meta(description="Requests in ten seconds that one webhook takes; 0: unlimited", ge=0)
    ] = 0
    hook_queue: Annotated[
        int, msgspec.Meta(description="Events of a scenario that may wait for its due time", ge=1)
    ] = 10_000
    incomplete_bytes: Annotated[
        int,
        msgspec.Meta(description="Bytes of incomplete executions that are kept for one scenario", ge=10_000),
    ] = 50_000_000
    hook_reply_timeout: Annotated[
        float,
        msgspec.Meta(description="Seconds the sender of a webhook waits for a scenario's own answer", gt=0),
    ] = 60.0
    smtp_host: Annotated[
        str, msgspec.Meta(description="SMTP server for outgoing e-mail; empty: none is sent")
    ] = ""
    smtp_port: Annotated[int, msgspec.Meta(description="Its port", ge=1, le=65535)] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        msgspec.Meta(description="starttls, tls (from the first byte on, usually port 465) or none"),
    ] = "starttls"
    smtp_user: Annotated[str, msgspec.Meta(description="User name for it; empty: no sign-in")] = ""
    smtp_password: Annotated[str, msgspec.Meta(description="Password for it")] = ""
    smtp_from: Annotated[str, msgspec.Meta(description="Sender of e-mail; empty: the user name")] = ""
    history_days: Annotated[int, msgspec.Meta(description="Days executions are kept", ge=1)] = 30
    history_megabytes: Annotated[
        int, msgspec.Meta(description="Megabytes of executions kept for each account; 0: no limit", ge=0)
    ] = 0
    log_level: Annotated[str, msgspec.Meta(description="debug, info, warning or error")] = "info"
    log_format: Annotated[
        Literal["text", "json"], msgspec.Meta(description="Lines of log: text, or json for programs")
    ] = "text"
    metrics_token: Annotated[
        str,
        msgspec.Meta(description="Bearer token for /metrics; empty: it is answered to this machine alone"),
    ] = ""
    tracing: Annotated[
        bool,
        msgspec.Meta(
            description="Send spans of executions by OpenTelemetry (tieline[otel]; OTEL_… says where)"
        ),
    ] = False

    @property
    def database_url(self) -> str:
        """The URL to open: the configured one, else SQLite in the data folder."""
        return self.database or f"sqlite:///{Path(self.data_dir).resolve() / 'tieline.db'}"

    @property
    def base_url(self) -> str:
        """Address that others use, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host
        return f"http://{host}:{self.port}"


def load(environ: dict[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `TIELINE_*` variables, then `overrides` (None values are skipped).

    Raises InvalidInput naming the variable and the remedy.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        text = source.get(f"TIELINE_{name.upper()}")
        if text is None or (text == "" and name != "allow_private_targets"):
            continue
        values[name] = _split(text) if name.startswith("delivery_retries") else text.strip()
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("$.")[2].strip("`") if "$." in str(error) else None
        variable = f"TIELINE_{where.split('[')[0].upper()}" if where else None
        raise InvalidInput(
            str(error).split(" - ")[0], field=variable, remedy="see the list of settings"
        ) from None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
