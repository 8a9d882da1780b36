SELECT format('CREATE ROLE %I;', want.name)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'roles') AS want (name text)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = want.name);
