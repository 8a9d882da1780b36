-- Tables of the mock identity system 0.9.x: identities, logins, and those of its key manager.
set client_min_messages = warning;

create schema if not exists mockidentitysystem;

create table if not exists mockidentitysystem.mock_identity (
  individual_id varchar(36) constraint pk_mock_id_code primary key,
  identity_json varchar not null
);

create table if not exists mockidentitysystem.kyc_auth (
  kyc_token varchar(255),
  individual_id varchar(255),
  partner_specific_user_token varchar(255),
  response_time timestamp,
  transaction_id varchar(255),
  validity integer
);

create table if not exists mockidentitysystem.key_alias (
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

create table if not exists mockidentitysystem.key_policy_def (
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

create table if not exists mockidentitysystem.key_store (
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
insert into mockidentitysystem.key_policy_def (app_id, key_validity_duration, pre_expire_days, access_allowed, is_active, cr_by, cr_dtimes)
select key, (value ->> 'days')::smallint, (value ->> 'renewDays')::smallint, 'NA', true, 'openg2p', now()
from json_each(:'policies'::json)
on conflict (app_id) do nothing;
