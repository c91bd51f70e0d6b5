"""The sections on what may be written when, who is told, and how: `[schedule]` to `[log]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from syncd.config.addresses import host_and_port, is_loopback
from syncd.config.section import Listed, Section
from syncd.config.values import (
    OFF,
    Duration,
    Eccn,
    Limit,
    Listen,
    NotifyUrl,
    Pace,
    PositiveDuration,
    Token,
    Window,
    read_secrets,
)
from syncd.domain.policy import Limits, Policy, PolicyMode
from syncd.domain.rules import RuleBook


class ScheduleSettings(Section):
    """When the daemon does what; durations, or cron expressions in UTC."""

    poll: Pace = Field(timedelta(minutes=5), description="How often to look at the catalog.")
    full: Pace = Field(
        "0 3 * * *", description="When to read the catalog wholly, where poll is incremental."
    )
    audit: Pace = Field("0 4 * * sun", description="When to compare with what the remote holds.")
    rolling: Duration = Field(
        timedelta(hours=24),
        description='Within what time each known item is looked at, a few at a time; "0" = never.',
    )
    levels: Pace | None = Field(
        None,
        description="How often to note the stock of our items, for its history; never unless set.",
        examples=["6h"],
    )
    windows: Listed[Window] = Field(
        (),
        description='When writes are allowed, such as "mon-fri 20:00-06:00"; empty means always.',
    )
    jitter: Duration = Field(
        timedelta(seconds=10),
        description="By how much the schedule is shifted, at random, once at each start.",
    )


class GuardSettings(Section):
    """What stops a plan, or puts a delete off."""

    max_delete: Limit = Field(0.1, description="How many SKUs may be deleted.")
    max_update: Limit = Field(0.5, description="How many SKUs may be updated.")
    max_create: Limit | None = Field(
        None, description="How many SKUs may be created; no limit unless set.", examples=[1000]
    )
    budget_window: PositiveDuration = Field(
        timedelta(hours=24),
        description=(
            "Limits count the SKUs written in this window, approved ones apart;"
            " an approval lasts as long."
        ),
    )
    min_items_for_share: int = Field(
        20, ge=0, description="Below this many owned items a share allows at least one."
    )
    canary: Limit = Field(
        0.01,
        description=(
            "How many updates and deletes the first plan may have after a change of mapping,"
            " filter, dialect, source, policy, model, rules, version, or guards but for limits."
        ),
    )
    max_shrink: Limit = Field(
        0.2, description="How many rows the catalog may lose from one complete read to the next."
    )
    max_same_change: Limit = Field(
        0.3, description="How many items may change one attribute to the same value."
    )
    delete_after: Duration = Field(
        timedelta(hours=24), description="How long an id must stay missing before its delete, and …"
    )
    delete_reads: int = Field(2, ge=1, description="… over how many complete reads.")
    keep_stocked: bool = Field(
        default=True,
        description="Whether an item with stock left, or whose stock cannot be read, is kept.",
    )

    def to_limits(self) -> Limits:
        """The guards' limits as the engine takes them."""
        return Limits(
            max_delete=self.max_delete,
            max_update=self.max_update,
            max_create=self.max_create,
            budget_window=self.budget_window,
            min_items_for_share=self.min_items_for_share,
            canary=self.canary,
            max_shrink=self.max_shrink,
            max_same_change=self.max_same_change,
        )


class PolicySettings(Section):
    """What may be written at all."""

    mode: Literal["mirror", "upsert", "create-only", "report-only"] = Field(
        "mirror", description='Which changes are made; "upsert" never deletes.'
    )
    adopt: bool = Field(
        default=True,
        description="Whether an item that exists already and matches a catalog id becomes ours.",
    )
    repair: bool = Field(
        default=True, description="Whether a scheduled audit mends what differs, under the guards."
    )
    delete_skus: bool = Field(
        default=False, description="Whether a SKU, which is a sellable product, may be deleted."
    )
    retry_quarantined: Duration = Field(
        timedelta(hours=24), description="When to try again what Digital River refused."
    )

    def to_policy(self, guards: GuardSettings, *, skus: bool = False) -> Policy:
        """What the engine must know of what is allowed; when deletes are due is the guards' say.

        Take whether SKUs are managed.
        """
        return Policy(
            mode=PolicyMode(self.mode),
            adopt=self.adopt,
            delete_after=guards.delete_after,
            delete_reads=guards.delete_reads,
            keep_stocked=guards.keep_stocked,
            retry_quarantined=self.retry_quarantined,
            skus=skus,
            delete_skus=skus and self.delete_skus,
        )


class RuleSettings(Section):
    """What your own arrangement with Digital River adds to the lists that come with syncd."""

    approved_eccns: Listed[Eccn] = Field(
        (), description='ECCNs that are approved for you as well, such as "3A991.p".'
    )
    barred_eccns: Listed[Eccn] = Field((), description="ECCNs that must not be sold all the same.")

    def to_rule_book(self) -> RuleBook:
        """The lists that come with syncd, extended by these."""
        from syncd.data import load_rule_book

        return load_rule_book(self.approved_eccns, self.barred_eccns)


class ServiceSettings(Section):
    """What the daemon offers and watches."""

    listen: Listen = Field(
        "127.0.0.1:9464",
        description='Where status page, health and metrics are served; "off" means nowhere.',
    )
    hosts: Listed[str] = Field(
        (), description="Names under which a proxy forwards to it, beside those of this machine."
    )
    token: Token | None = Field(
        None,
        description=(
            "What visitors and programs have to know; needed where others than this machine get"
            " there, and for POST /hooks/catalog/ID."
        ),
        examples=["a-long-random-word"],
    )
    token_file: str | None = Field(
        None, description="A file that holds the token and nothing else.", examples=["token"]
    )
    webhook_secrets: Annotated[Listed[SecretStr], BeforeValidator(read_secrets)] | None = Field(
        None,
        description="The secrets that Digital River signs with; two while one replaces the other.",
        examples=[["secret"]],
    )
    webhook_secrets_file: str | None = Field(
        None, description="A file that holds them, one a line.", examples=["webhook-secrets"]
    )
    probe: Duration = Field(
        timedelta(minutes=1),
        description='How often an idle daemon asks the remote for one item; "0" means never.',
    )

    @property
    def is_private(self) -> bool:
        """Whether nobody but this machine gets to what is served."""
        own = self.listen == OFF or is_loopback(host_and_port(self.listen)[0])
        return own and all(is_loopback(host) for host in self.hosts)

    @model_validator(mode="after")
    def _let_nobody_in_unasked(self) -> ServiceSettings:
        if self.token is None and not self.is_private:
            raise ValueError(
                "listen or hosts lets others than this machine in, so token has to be set:"
                " openssl rand -hex 24 makes a good one"
            )
        return self


class NotifySettings(Section):
    """Who is told when something needs a person."""

    urls: Annotated[Listed[NotifyUrl], BeforeValidator(read_secrets)] = Field(
        (), description="Apprise URLs; they often hold passwords, so they are never shown."
    )
    urls_file: str | None = Field(
        None, description="A file that holds them, one a line.", examples=["notify-urls"]
    )


class LogSettings(Section):
    """What is logged, to stderr."""

    format: Literal["console", "json"] = Field(
        "console", description="For people, or for machines."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="From which level on."
    )
