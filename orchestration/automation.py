"""When Dagster draws decks by itself: as soon as one says something else than the file that lies there, and only then.

What a deck says is an asset of its own before the deck (``deck_contents``, ``client_deck_contents``), told by the
sensor ``deck_contents_read`` with a data version: a hash of all figures and words, without when they were read and
checked. A mart that was built again with the same rows therefore makes no deck, and one figure makes the decks that
show it.
"""

import dagster as dg

SAYS_SOMETHING_ELSE = dg.AutomationCondition.any_deps_match(
    # Not any_deps_updated(): that an asset was told of again says nothing about its figures.
    dg.AutomationCondition.data_version_changed()
).with_label("it says something else than before")

NEVER_DRAWN = (
    # The contents are told first, so a partition that nobody has told of yet, such as a quarter to come, has none.
    (dg.AutomationCondition.missing() & ~dg.AutomationCondition.any_deps_missing())
    .newly_true()
    .with_label("there is something to draw and no deck yet")
)

FAILED_BEFORE = (
    # A failed run answers nothing. It is tried again when something that decks read was written, not at once: what made
    # it fail would still be there.
    dg.AutomationCondition.execution_failed()
    & dg.AutomationCondition.any_deps_match(dg.AutomationCondition.newly_updated())
).with_label("the last try failed, and its contents were told again")

ANSWERED = (
    # By a request of ours or by whoever drew it meanwhile: the evening's run, the command, a person in the page.
    # Contents are not read while decks are drawn, so a change that comes later also counts later.
    dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated()
).with_label("a deck was asked for or drawn since")

BEING_DRAWN = (
    # Two runs would wait for each other and the second find nothing to do.
    dg.AutomationCondition.in_progress()
).with_label("it is being drawn")

WHEN_IT_SAYS_SOMETHING_ELSE = (
    (SAYS_SOMETHING_ELSE | NEVER_DRAWN | FAILED_BEFORE).since(ANSWERED).with_label("what it says is not drawn yet")
    & ~BEING_DRAWN
).with_label("deck follows its contents")
"""There is no word of checks here: while one holds the decks of an organization back, their contents are not told.
Dagster's own checks speak for all organizations at once, and a warning fails them too, which holds no deck back."""


def draws(target: dg.AssetSelection) -> dg.AutomationConditionSensorDefinition:
    """The sensor that asks the conditions and starts the runs, one for all decks of a tick."""
    return dg.AutomationConditionSensorDefinition(
        "decks_follow",
        target=target,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Twice a minute: a deck is drawn anew when it says something else than the one that lies there.",
    )
