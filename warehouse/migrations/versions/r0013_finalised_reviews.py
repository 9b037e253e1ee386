"""A finalised review stays as it was: its tables are not emptied at a stroke, and it gets no further figures."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = ("review_sessions", "review_priorities", "review_recommendations", "review_actions", "review_insights")


def upgrade() -> None:
    for table in TABLES:
        op.execute(
            f"create trigger never_emptied before truncate on app.{table} "
            "for each statement execute function app.refuse_change()"
        )
    op.execute(
        "create trigger keep_finalised before insert on app.review_figures "
        "for each row execute function app.keep_finalised_reviews()"
    )


def downgrade() -> None:
    op.execute("drop trigger keep_finalised on app.review_figures")
    for table in TABLES:
        op.execute(f"drop trigger never_emptied on app.{table}")
