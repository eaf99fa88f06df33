"""The audit trail guards itself: rows can only be added, and each commit extends a hash chain."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_audit_digest(previous bytea, e core_auditevent) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        e.id, extract(epoch FROM e.at), e.actor_kind, e.actor_id, e.verb, e.program_id,
        e.target_kind, e.target_id, e.data)::text, 'UTF8'))
$$;

-- Deferred to the commit: the lock on the chain is then the last one taken, so it deadlocks with none.
CREATE FUNCTION core_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('core_auditlink'));
    SELECT digest INTO last FROM core_auditlink ORDER BY id DESC LIMIT 1;
    last := coalesce(last, ''::bytea);
    INSERT INTO core_auditlink (event_id, previous, digest) VALUES (NEW.id, last, core_audit_digest(last, NEW));
    RETURN NULL;
END $$;

CREATE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON core_auditevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_audit_chain();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER audit_link_append_only BEFORE UPDATE OR DELETE ON core_auditlink
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
"""
BACKWARD = """
DROP TRIGGER audit_chain ON core_auditevent;
DROP TRIGGER audit_event_append_only ON core_auditevent;
DROP TRIGGER audit_link_append_only ON core_auditlink;
DROP FUNCTION core_audit_chain();
DROP FUNCTION core_audit_refuse();
DROP FUNCTION core_audit_digest(bytea, core_auditevent);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
