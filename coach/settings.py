"""Settings: the only place that reads the environment (and the `.env` file of the project folder).

Started from whatever folder, the same settings hold: a relative path is in the project folder too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from coach.errors import SettingsError
from coach.texts import text

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
ENV_FILE = PROJECT_FOLDER / ".env"
PREFIX, FOR_TESTS = "COACH_", "COACH_REQUIRE_"
ENCODING = "utf-8-sig"
SIMILAR = 0.8
OPENMP_THREADS = "OMP_NUM_THREADS"


class Settings(BaseSettings):
    """Everything that can be set, with the defaults that `make run` uses."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding=ENCODING,
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )

    knowledge: Path = Field(
        PROJECT_FOLDER / "knowledge",
        description="Folder with the instruction, the situations and the question bank.",
    )
    gold: Path = Field(
        PROJECT_FOLDER / "eval" / "data" / "gold",
        description="Folder of the gold set that answers are held against.",
    )
    index: Path = Field(
        PROJECT_FOLDER / ".index", description="Folder of the index; it can be deleted at any time."
    )
    embedder: str = Field(
        "static",
        description="`static` (Russian lemma vectors that came by pip), or a sentence-transformers "
        "model: a folder or a hub name, for example intfloat/multilingual-e5-small.",
    )
    bank_authors: str = Field(
        "",
        description="Comma-separated authors of the question bank to learn from; empty means all.",
    )
    answer_threshold: float = Field(
        0.45, ge=0, le=1, description="Probability (0..1) from which a situation's card is shown."
    )
    second_threshold: float = Field(
        0.18,
        ge=0,
        le=1,
        description="Probability (0..1) from which a second situation is shown beside the first.",
    )
    refuse_threshold: float = Field(
        0.88,
        ge=0,
        le=1,
        description="Probability (0..1) of «the instruction does not answer» that is a refusal, "
        "where no situation is likelier than the rest.",
    )
    llm: str = Field(
        "",
        description="Language model: `local`, or provider:model, for example openai:gpt-4o-mini; "
        "empty means none.",
    )
    llm_base_url: str = Field(
        "", description="Address of an OpenAI-compatible server, where one is needed."
    )
    llm_api_key: SecretStr = Field(
        SecretStr(""), description="Key for the model; the provider's own variable works too."
    )
    llm_level: Literal["auto", "select", "compose"] = Field(
        "auto",
        description="What the model may do: `select` and order lines of the card, `compose` "
        "sentences of its own (each proven), or `auto`: compose only for evaluated models.",
    )
    llm_timeout_seconds: float = Field(
        20.0, gt=0, description="How long the model may take before the card stands alone."
    )
    llm_retries: int = Field(
        0, ge=0, le=5, description="How often a failed call of the model is tried again."
    )
    llm_rest_seconds: float = Field(
        30.0, ge=0, description="How long a model that failed is left alone."
    )
    llm_local_model: str = Field(
        "",
        description="The local model: a GGUF file, or owner/model:file.gguf on a hub; empty means "
        "the weights that came by pip.",
    )
    entailment: str = Field(
        "",
        description="Cross-encoder that checks proven sentences once more: a folder or a hub "
        "name of a multilingual entailment model; empty means none.",
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:///data/coach.db"),
        description="Database of conversations and verdicts, as SQLAlchemy names it; a relative "
        "SQLite path is in the project folder.",
    )
    keep_days: int = Field(
        90,
        ge=0,
        description="How many days a conversation is kept after its last answer; 0: for ever.",
    )
    reports: Path = Field(
        PROJECT_FOLDER / "build" / "eval",
        description="Folder of the evaluation's reports and history, which the page reads.",
    )
    host: str = Field("127.0.0.1", description="Address that the chat page listens on.")
    unprotected: bool = Field(
        False,
        description="Serve the pages beyond loopback although nobody has to sign in: whoever "
        "reaches the address may read conversations and teach.",
    )
    port: int = Field(8501, ge=1, le=65535, description="Port of the chat page.")
    oidc_metadata_url: str = Field(
        "",
        description="Signing in by OpenID Connect: the provider's address that ends in "
        "/.well-known/openid-configuration; empty means no signing in.",
    )
    oidc_client_id: str = Field("", description="Id by which the provider knows Coach.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Secret that the provider gave Coach."
    )
    oidc_cookie_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of your own, 32 characters or more, that signs the cookies.",
    )
    oidc_scopes: str = Field(
        "openid email profile",
        description="What the provider is asked for; some give roles only by `groups` or `roles`.",
    )
    oidc_name_claim: str = Field(
        "email", description="Claim that says who this is, in the archive and in verdicts."
    )
    oidc_roles_claim: str = Field(
        "roles", description="Claim with the roles: a list, or words with spaces or commas."
    )
    oidc_roles: str = Field(
        "operator=operator,trainer=trainer,admin=admin",
        description="What the claim's values mean, comma-separated: value=role.",
    )
    oidc_hours: float = Field(
        12.0,
        gt=0,
        description="How many hours a sign-in holds; a role that was taken away holds no longer.",
    )
    public_url: str = Field(
        "",
        description="Address by which browsers reach the pages, https beyond loopback; the "
        "provider sends people back to it with /oauth2callback.",
    )

    @field_validator("knowledge", "gold", "index", "reports")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return PROJECT_FOLDER / value.expanduser()

    @property
    def archive_url(self) -> str:
        """The database's address, with a relative SQLite path made absolute."""
        url = self.database_url.get_secret_value()
        path = url.removeprefix("sqlite:///")
        is_relative = url != path and path and not path.startswith(("/", ":"))
        return f"sqlite:///{PROJECT_FOLDER / path}" if is_relative else url

    @property
    def wants_hub(self) -> bool:
        """Whether a setting names a model on a hub: neither a built-in one nor a folder."""
        is_embedder = self.embedder != "static" and not Path(self.embedder).exists()
        is_entailment = self.entailment and not Path(self.entailment).exists()
        return is_embedder or bool(is_entailment) or self.wants_hub_weights

    @property
    def wants_hub_weights(self) -> bool:
        """Whether the local model is named as `owner/model:file.gguf` on a hub."""
        is_file = Path(self.llm_local_model).expanduser().exists()
        return ":" in self.llm_local_model and not is_file

    @property
    def author_names(self) -> frozenset[str]:
        """The authors to learn from; empty when all of them are wanted."""
        return frozenset(name.strip() for name in self.bank_authors.split(",") if name.strip())


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment in which another process reads these very settings, secrets left out."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    named = {f"COACH_{name.upper()}": value for name, value in values.items()}
    secret = {name for name, value in named.items() if isinstance(value, SecretStr)}
    told = {name: str(value) for name, value in named.items() if name not in secret}
    return {name: value for name, value in os.environ.items() if name not in secret} | told


def load_settings() -> Settings:
    """Read Settings from the environment; raise SettingsError that names the bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            text("settings.bad", name=_variable_name(fault["loc"]), fault=fault["msg"])
            for fault in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error
    except (OSError, UnicodeDecodeError) as error:
        message = text("settings.env_unreadable", path=_env_file().absolute())
        raise SettingsError(message) from error


def unknown_variables() -> dict[str, str]:
    """The COACH_ variables of the environment and of `.env` that name no setting.

    Each comes with the nearest name that does, or with nothing.
    """
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    env_file = _env_file()
    in_file = dotenv_values(env_file, encoding=ENCODING) if env_file.is_file() else {}
    unknown = {
        name
        for name in map(str.upper, [*os.environ, *in_file])
        if name.startswith(PREFIX) and not name.startswith(FOR_TESTS) and name not in known
    }
    near = {name: get_close_matches(name, known, 1, SIMILAR) for name in sorted(unknown)}
    return {name: found[0] if found else "" for name, found in near.items()}


def _env_file() -> Path:
    return Path(str(Settings.model_config["env_file"]))


def _variable_name(location: tuple[int | str, ...]) -> str:
    return "COACH_" + "_".join(str(part) for part in location).upper()


def silence_libraries(*, hub: bool) -> None:
    """Turn off every library's telemetry, tracing and threads before it is imported.

    Sums here are small: OpenBLAS's threads cost more than they save, and collide under many
    sessions. `hub` says whether a model hub may be reached: only when a setting names one there.
    """
    offline = "0" if hub else "1"
    os.environ.update(
        HF_HUB_OFFLINE=offline,
        TRANSFORMERS_OFFLINE=offline,
        ANONYMIZED_TELEMETRY="False",
        LANGSMITH_TRACING="false",
        LANGCHAIN_TRACING="false",
        LANGCHAIN_TRACING_V2="false",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        TOKENIZERS_PARALLELISM="false",
        OTEL_SDK_DISABLED="true",
    )
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@contextmanager
def single_thread() -> Iterator[None]:
    """Let a library that is loaded here take one thread; those loaded later keep their own."""
    before = os.environ.get(OPENMP_THREADS)
    os.environ[OPENMP_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[OPENMP_THREADS]
        if before is not None:
            os.environ[OPENMP_THREADS] = before


def quiet_environment() -> dict[str, str]:
    """The environment of a process of ours that never fails on what its console cannot show."""
    return {"PYTHONIOENCODING": ":replace", **os.environ}
