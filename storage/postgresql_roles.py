"""The SQL that divides a PostgreSQL database among three roles."""

MIGRATIONS, WRITER, READER = "flagfive_migrations", "flagfive_writer", "flagfive_reader"
SECRETS = ("users", "web_sessions", "one_time_links", "api_tokens", "second_factors", "recovery_codes")
"""Tables that a reader does not see: who signs in, and how."""
APPEND_ONLY = ("audit_log",)
"""Tables that a writer adds to, but neither changes nor deletes from."""

_HEAD = """\
-- Divides the database of flagfive among three roles. Run it as a superuser, there, after each upgrade:
--   flagfive database migrate && flagfive database roles | psql DATABASE
-- Then give each role a password once, for example with \\password flagfive_writer."""


def roles_sql(schema: str = "public") -> str:
    """Return statements that make the roles, or bring them up to date; running them again changes nothing.

    - `flagfive_migrations` owns the tables, and alone can alter them or their triggers.
    - `flagfive_writer` is for recorder, adapter, monitor, console and decision API. It cannot change the
    entries of the audit log.
    - `flagfive_reader` is for reports. It does not see who signs in and how.

    Args:
        schema: schema that holds the tables; a plain name.

    Raises:
        ValueError: `schema` is not a plain name.
    """
    if not schema.isidentifier():
        raise ValueError(f"schema {schema!r}: allowed are letters, digits and _")
    return (
        "\n\n".join([_HEAD, *(_make_role(name) for name in (MIGRATIONS, WRITER, READER)), _grants(schema)])
        + "\n"
    )


def _make_role(name: str) -> str:
    exists = f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"
    return f"DO $$ BEGIN IF NOT EXISTS ({exists}) THEN CREATE ROLE {name} LOGIN; END IF; END $$;"


def _grants(schema: str) -> str:
    tables = f"ALL TABLES IN SCHEMA {schema}"
    own = [
        f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;",
        f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {MIGRATIONS};",
        f"GRANT USAGE ON SCHEMA {schema} TO {WRITER}, {READER};",
        _give_to_migrations(schema),
    ]
    now = [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {WRITER};",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {WRITER};",
        f"GRANT SELECT ON {tables} TO {READER};",
    ]
    later = f"ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATIONS} IN SCHEMA {schema}"
    new_tables = [
        f"{later} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {WRITER};",
        f"{later} GRANT USAGE ON SEQUENCES TO {WRITER};",
    ]
    return "\n".join([*own, *now, *new_tables, *_exceptions(schema)])


def _exceptions(schema: str) -> list[str]:
    append_only = ", ".join(f"{schema}.{name}" for name in APPEND_ONLY)
    secret = ", ".join(f"{schema}.{name}" for name in SECRETS)
    return [
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {WRITER};",
        f"REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {WRITER};",
        f"REVOKE ALL ON {secret} FROM {READER};",
    ]


def _give_to_migrations(schema: str) -> str:
    """Change the owner of everything that earlier releases made with the role of the processes."""
    return f"""\
DO $$
DECLARE one text;
BEGIN
  FOR one IN SELECT format('ALTER TABLE %I.%I OWNER TO {MIGRATIONS}', schemaname, tablename)
      FROM pg_tables WHERE schemaname = '{schema}'
    UNION ALL SELECT format('ALTER FUNCTION %s OWNER TO {MIGRATIONS}', oid::regprocedure)
      FROM pg_proc WHERE pronamespace = '{schema}'::regnamespace AND proname = 'audit_log_refuse'
  LOOP EXECUTE one; END LOOP;
END $$;"""
