-- Tables of the key manager (kernel-keymanager-service 1.2.x).
set client_min_messages = warning;

create schema if not exists keymgr;

select format('alter database %I set search_path to keymgr, pg_catalog, public', current_database())
where not exists (
  select from pg_db_role_setting join pg_database on pg_database.oid = setdatabase
  where datname = current_database() and setrole = 0 and array_to_string(setconfig, ',') like '%search_path=keymgr%'
) \gexec

create table if not exists keymgr.key_alias (
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

create table if not exists keymgr.key_policy_def (
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

create table if not exists keymgr.key_store (
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

create table if not exists keymgr.data_encrypt_keystore (
  id bigint constraint pk_dekstr_id primary key,
  key varchar(64) not null,
  key_status varchar(16),
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp
);

create table if not exists keymgr.ca_cert_store (
  cert_id varchar(36) constraint pk_cacs_id primary key,
  cert_subject varchar(500) not null,
  cert_issuer varchar(500) not null,
  issuer_id varchar(36) not null,
  cert_not_before timestamp,
  cert_not_after timestamp,
  crl_uri varchar(120),
  cert_data varchar,
  cert_thumbprint varchar(100),
  cert_serial_no varchar(50),
  partner_domain varchar(36),
  cr_by varchar(256),
  cr_dtimes timestamp,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp,
  constraint cert_thumbprint_unique unique (cert_thumbprint, partner_domain)
);

create table if not exists keymgr.partner_cert_store (
  cert_id varchar(36) constraint pk_parcs_id primary key,
  cert_subject varchar(500) not null,
  cert_issuer varchar(500) not null,
  issuer_id varchar(36) not null,
  cert_not_before timestamp,
  cert_not_after timestamp,
  partner_domain varchar(36),
  cert_data varchar,
  signed_cert_data varchar,
  key_usage varchar(150),
  organization_name varchar(120),
  cert_thumbprint varchar(100),
  cert_serial_no varchar(50),
  cr_by varchar(256),
  cr_dtimes timestamp,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp
);

create table if not exists keymgr.licensekey_list (
  license_key varchar(255) constraint pk_lkeylst primary key,
  created_dtime timestamp,
  expiry_dtime timestamp,
  is_active boolean not null,
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp
);

create table if not exists keymgr.licensekey_permission (
  license_key varchar(255) constraint pk_lkeyper primary key constraint fk_lkeyper references keymgr.licensekey_list,
  permission varchar(512),
  is_active boolean not null,
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp
);

create table if not exists keymgr.tsp_licensekey_map (
  tsp_id varchar(36),
  license_key varchar(255) constraint fk_tsplkeym references keymgr.licensekey_list,
  is_active boolean not null,
  cr_by varchar(256) not null,
  cr_dtimes timestamp not null,
  upd_by varchar(256),
  upd_dtimes timestamp,
  is_deleted boolean default false,
  del_dtimes timestamp,
  constraint pk_tsplkeym primary key (tsp_id, license_key)
);

-- How long keys of an application hold. What somebody has changed stays as it is.
insert into keymgr.key_policy_def (app_id, key_validity_duration, pre_expire_days, access_allowed, is_active, cr_by, cr_dtimes)
select key, (value ->> 'days')::smallint, (value ->> 'renewDays')::smallint, 'NA', true, 'openg2p', now()
from json_each(:'policies'::json)
on conflict (app_id) do nothing;
