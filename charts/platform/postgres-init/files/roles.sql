-- Attributes that differ.
SELECT format('ALTER ROLE %I%s%s%s;', want.name,
    CASE WHEN want.login <> have.rolcanlogin THEN CASE WHEN want.login THEN ' LOGIN' ELSE ' NOLOGIN' END END,
    CASE WHEN want.replication <> have.rolreplication THEN CASE WHEN want.replication THEN ' REPLICATION' ELSE ' NOREPLICATION' END END,
    CASE WHEN want."connectionLimit" <> have.rolconnlimit THEN ' CONNECTION LIMIT ' || want."connectionLimit" END)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'roles') AS want (name text, login boolean, replication boolean, "connectionLimit" integer)
JOIN pg_roles AS have ON have.rolname = want.name
WHERE (want.login, want.replication, want."connectionLimit") IS DISTINCT FROM (have.rolcanlogin, have.rolreplication, have.rolconnlimit);
