-- In each database: who may create objects in the schema public, extensions, publications.
SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC;'
FROM pg_namespace
WHERE nspname = 'public' AND has_schema_privilege('public', oid, 'CREATE');

SELECT format('GRANT USAGE, CREATE ON SCHEMA public TO %I;', want.owner)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, owner text), pg_namespace AS have
WHERE want.name = current_database() AND have.nspname = 'public'
  AND NOT (has_schema_privilege(want.owner, have.oid, 'CREATE') AND has_schema_privilege(want.owner, have.oid, 'USAGE'));

SELECT format('CREATE EXTENSION %I;', extension)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, extensions jsonb)
CROSS JOIN jsonb_array_elements_text(want.extensions) AS extension
WHERE want.name = current_database() AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = extension);

SELECT format('CREATE PUBLICATION %I FOR ALL TABLES;', publication)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text, publications jsonb)
CROSS JOIN jsonb_array_elements_text(want.publications) AS publication
WHERE want.name = current_database() AND NOT EXISTS (SELECT FROM pg_publication WHERE pubname = publication);
