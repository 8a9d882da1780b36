-- Tables of eSignet 1.4.x: clients, consents, bound keys, and those of its key manager.
set client_min_messages = warning;

create schema if not exists esignet;

create table if not exists esignet.client_detail (
  id varchar(100) constraint pk_clntdtl_id primary key,
  name varchar(256) not null,
  rp_id varchar(100) not null,
  logo_uri varchar(2048) not null,
  redirect_uris varchar not null,
  claims varchar not null,
  acr_values varchar not null,
  public_key varchar not null constraint uk_clntdtl_key unique,
  grant_types varchar not null,
  auth_methods varchar not null,
  status varchar(20) not null,
  cr_dtimes timestamp not null,
  upd_dtimes timestamp
);

create table if not exists esignet.consent_detail (
  id uuid primary key,
  client_id varchar not null,
  psu_token varchar not null,
  claims varchar not null,
  authorization_scopes varchar not null,
  cr_dtimes timestamp not null default now(),
  expire_dtimes timestamp,
  signature varchar,
  hash varchar,
  accepted_claims varchar,
  permitted_scopes varchar,
  constraint unique_client_token unique (client_id, psu_token)
);
create index if not exists idx_consent_psu_client on esignet.consent_detail (psu_token, client_id);

create table if not exists esignet.consent_history (
  id uuid primary key,
  client_id varchar not null,
  psu_token varchar not null,
  claims varchar not null,
  authorization_scopes varchar not null,
  cr_dtimes timestamp not null default now(),
  expire_dtimes timestamp,
  signature varchar,
  hash varchar,
  accepted_claims varchar,
  permitted_scopes varchar
);
create index if not exists idx_consent_history_psu_client on esignet.consent_history (psu_token, client_id);

create table if not exists esignet.public_key_registry (
  id_hash varchar(100),
  auth_factor varchar(25),
  psu_token varchar(256) not null,
  public_key varchar not null,
  expire_dtimes timestamp not null,
  wallet_binding_id varchar(256) not null,
  public_key_hash varchar(100) not null,
  certificate varchar not null,
  cr_dtimes timestamp not null,
  thumbprint varchar not null,
  constraint pk_public_key_registry primary key (id_hash, auth_factor)
);

create table if not exists esignet.key_alias (
  id varchar(36) constraint pk_keymals_id primary key,
  app_id varchar(36) not null,
  ref_id varchar(128),
  key_gen_dtimes timestamp,
  key_expire_dtimes timestamp,
  status_code varchar(36),
  lang_code varchar(3),
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp,
  cert_thumbprint varchar(100),
  uni_ident varchar(50) constraint uni_ident_const unique
);

create table if not exists esignet.key_policy_def (
  app_id varchar(36) constraint pk_keypdef_id primary key,
  key_validity_duration smallint,
  is_active boolean not null,
  pre_expire_days smallint,
  access_allowed varchar(1024),
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp
);

create table if not exists esignet.key_store (
  id varchar(36) constraint pk_keystr_id primary key,
  master_key varchar(36) not null,
  private_key varchar(2500) not null,
  certificate_data varchar not null,
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp
);

-- How long keys of an application hold. What somebody has changed stays as it is.
insert into esignet.key_policy_def (app_id, key_validity_duration, pre_expire_days, access_allowed, is_active, cr_by, cr_dtimes)
select key, (value ->> 'days')::smallint, (value ->> 'renewDays')::smallint, 'NA', true, 'openg2p', now()
from json_each(:'policies'::json)
on conflict (app_id) do nothing;
