-- Writes the row :row (JSON with `id`) into :table, if it is not there or differs in one of its keys. :jwk is a private key or nothing.
\o /dev/null
select set_config('openg2p.table', :'table', false), set_config('openg2p.row', :'row', false), set_config('openg2p.jwk', :'jwk', false);
do $$
declare
  target regclass := current_setting('openg2p.table')::regclass;
  wanted jsonb := current_setting('openg2p.row')::jsonb;
  jwk text := current_setting('openg2p.jwk');
  present jsonb;
  names text;
  outcome text := 'as it was';
begin
  if jwk <> '' then
    wanted := jsonb_set(wanted, '{authorization_parameters,client_assertion_jwk}', jwk::jsonb);
  end if;
  select string_agg(quote_ident(key), ', ' order by key) into names from jsonb_object_keys(wanted) key where key <> 'id';
  execute format('select to_jsonb(t) from %s t where id = $1', target) into present using (wanted ->> 'id')::int;
  if present is null then
    execute format('insert into %s (id, %s, created_at, updated_at) select id, %s, localtimestamp, localtimestamp from jsonb_populate_record(null::%s, $1)', target, names, names, target) using wanted;
    outcome := 'written';
  elsif exists (select from jsonb_each(wanted) one where present -> one.key is distinct from one.value) then
    execute format('update %s set (%s, updated_at) = (select %s, localtimestamp from jsonb_populate_record(null::%s, $1)) where id = $2', target, names, names, target) using wanted, (wanted ->> 'id')::int;
    outcome := 'changed';
  end if;
  perform set_config('openg2p.outcome', outcome, false);
end
$$;
\o
select current_setting('openg2p.outcome');
