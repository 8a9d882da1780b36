-- Roles that read everything in a database, also what its owner makes later.
WITH want AS (
    SELECT owner, reader
    FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS one (name text, owner text, readers jsonb)
    CROSS JOIN jsonb_array_elements_text(one.readers) AS reader
    WHERE one.name = current_database()
), schemas AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), defaults AS (
    SELECT have.defaclrole AS owner, have.defaclobjtype AS kind, entry.grantee
    FROM pg_default_acl AS have, aclexplode(have.defaclacl) AS entry
    WHERE have.defaclnamespace = 0 AND entry.privilege_type = CASE have.defaclobjtype WHEN 'n' THEN 'USAGE' ELSE 'SELECT' END
)
SELECT format('GRANT CONNECT ON DATABASE %I TO %I;', current_database(), reader)
FROM want
WHERE NOT has_database_privilege(reader, current_database(), 'CONNECT')
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I TO %I;', nspname, reader)
FROM want, schemas
WHERE NOT has_schema_privilege(reader, schemas.oid, 'USAGE')
UNION ALL
SELECT format('GRANT SELECT ON TABLE %I.%I TO %I;', nspname, relname, reader)
FROM want, schemas JOIN pg_class AS have ON have.relnamespace = schemas.oid AND have.relkind IN ('r', 'p', 'v', 'm', 'f')
WHERE NOT has_table_privilege(reader, have.oid, 'SELECT')
UNION ALL
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT %s TO %I;', owner, target.rights, reader)
FROM want, (VALUES ('n'::"char", 'USAGE ON SCHEMAS'), ('r', 'SELECT ON TABLES')) AS target (kind, rights)
WHERE NOT EXISTS (
    SELECT FROM defaults
    WHERE defaults.kind = target.kind AND pg_get_userbyid(defaults.owner) = want.owner AND pg_get_userbyid(defaults.grantee) = want.reader);
