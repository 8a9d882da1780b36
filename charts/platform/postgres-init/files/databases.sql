SELECT format('ALTER DATABASE %I OWNER TO %I;', want.name, want.owner)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, owner text)
JOIN pg_database AS have ON have.datname = want.name
WHERE pg_get_userbyid(have.datdba) <> want.owner;

-- Who may connect at all.
SELECT CASE WHEN want.isolated THEN format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC;', want.name)
    ELSE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC;', want.name) END
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, isolated boolean)
WHERE want.isolated = (has_database_privilege('public', want.name, 'CONNECT') OR has_database_privilege('public', want.name, 'TEMPORARY'));
