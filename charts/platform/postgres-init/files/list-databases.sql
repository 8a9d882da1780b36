SELECT name FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (name text);
