SELECT format('CREATE DATABASE %I OWNER %I;', want.name, want.owner)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, owner text)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = want.name);
