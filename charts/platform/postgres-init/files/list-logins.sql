SELECT key, "loginDatabase", name FROM jsonb_to_recordset(:'plan'::jsonb -> 'roles') AS want (key text, name text, login boolean, "loginDatabase" text) WHERE login;
