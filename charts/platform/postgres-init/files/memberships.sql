-- Groups of roles. What a role is a member of besides is left alone.
SELECT format('GRANT %I TO %I;', wanted.groupname, want.name)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'roles') AS want (name text, "memberOf" jsonb)
CROSS JOIN jsonb_array_elements_text(want."memberOf") AS wanted (groupname)
WHERE NOT EXISTS (
    SELECT FROM pg_auth_members AS have
    WHERE have.roleid = (SELECT oid FROM pg_roles WHERE rolname = wanted.groupname)
      AND have.member = (SELECT oid FROM pg_roles WHERE rolname = want.name));

-- An administrator of a managed server is no superuser: it may act for owners only as their member.
SELECT DISTINCT format('GRANT %I TO CURRENT_USER;', want.owner)
FROM jsonb_to_recordset(:'plan'::jsonb -> 'databases') AS want (owner text)
WHERE NOT pg_has_role(current_user, want.owner,
    CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END);
