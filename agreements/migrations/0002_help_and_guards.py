"""Requests for help, the view of months that owe meetings, and terms that stay as they were signed."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.fields
import core.models

MEETING_MONTHS = """
CREATE VIEW agreements_meetingmonth AS
SELECT m.id * 100000 + extract(year FROM s.month)::bigint * 12 + extract(month FROM s.month)::bigint AS id,
       m.id AS mentorship_id,
       s.month::date AS month,
       (s.month + interval '1 month - 1 day')::date AS due_on,
       CASE WHEN m.meetings_per_month = 0 THEN s.month AT TIME ZONE c.timezone ELSE held.at END AS done_at
FROM agreements_mentorship m
JOIN programs_cohort c ON c.id = m.cohort_id
CROSS JOIN LATERAL (
    SELECT greatest(m.starts_on, (min(a.in_force_at) AT TIME ZONE c.timezone)::date) AS day
    FROM agreements_agreement a
    WHERE a.mentorship_id = m.id AND a.in_force_at IS NOT NULL
    HAVING min(a.in_force_at) IS NOT NULL
) begun
CROSS JOIN LATERAL generate_series(
    date_trunc('month', begun.day::timestamp - interval '1 day') + interval '1 month',
    date_trunc('month', coalesce(m.ended_on, m.ends_on)::timestamp + interval '1 day') - interval '1 month',
    interval '1 month'
) AS s(month)
LEFT JOIN LATERAL (
    SELECT g.created_at AS at
    FROM agreements_meeting g
    WHERE g.mentorship_id = m.id AND g.held_on >= s.month::date AND g.held_on < (s.month + interval '1 month')::date
    ORDER BY g.created_at, g.id
    OFFSET greatest(m.meetings_per_month, 1) - 1 LIMIT 1
) held ON true;
"""

FROZEN_TERMS = """
CREATE FUNCTION agreements_frozen_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.text_digest <> '' AND
       (NEW.text_digest, NEW.version, NEW.mentorship_id, NEW.focus, NEW.intended_result, NEW.hours_per_month,
        NEW.term_months, NEW.who_contacts, NEW.meetings_per_month, NEW.reply_days, NEW.media, NEW.boundaries,
        NEW.needs_nda)
       IS DISTINCT FROM
       (OLD.text_digest, OLD.version, OLD.mentorship_id, OLD.focus, OLD.intended_result, OLD.hours_per_month,
        OLD.term_months, OLD.who_contacts, OLD.meetings_per_month, OLD.reply_days, OLD.media, OLD.boundaries,
        OLD.needs_nda)
    THEN
        RAISE EXCEPTION 'the terms of a signed agreement do not change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agreement_frozen_terms BEFORE UPDATE ON agreements_agreement
    FOR EACH ROW EXECUTE FUNCTION agreements_frozen_terms();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("agreements", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="MeetingMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("due_on", models.DateField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "agreements_meetingmonth", "managed": False},
        ),
        migrations.CreateModel(
            name="HelpRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=core.models.uuid7, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "wish",
                    models.CharField(
                        choices=[("advice", "Advice from the program manager"), ("rematch", "Another match")],
                        max_length=10,
                        verbose_name="what would help",
                    ),
                ),
                ("words", core.fields.SealedTextField(blank=True, default="", verbose_name="in your words")),
                ("due_on", models.DateField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mentorship",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="help_requests",
                        to="agreements.mentorship",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="help_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("handled_at__isnull", True)),
                        fields=("mentorship", "person"),
                        name="help_open_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            MEETING_MONTHS + FROZEN_TERMS,
            "DROP TRIGGER agreement_frozen_terms ON agreements_agreement; DROP FUNCTION agreements_frozen_terms();"
            " DROP VIEW agreements_meetingmonth;",
        ),
    ]
