// Prints the settings of ODK Central's server, made of variables, as JSON for NODE_CONFIG.
const { env } = process;
const text = (name) => env[name] || undefined;
const isTrue = (name) => env[name] === 'true';

const transportOpts = {
  host: env.EMAIL_HOST,
  port: Number(env.EMAIL_PORT),
  secure: isTrue('EMAIL_SECURE'),
  ignoreTLS: isTrue('EMAIL_IGNORE_TLS'),
};
if (text('EMAIL_USER')) transportOpts.auth = { user: env.EMAIL_USER, pass: env.EMAIL_PASSWORD };

const external = {};
if (text('SENTRY_KEY')) {
  external.sentry = {
    orgSubdomain: env.SENTRY_ORG_SUBDOMAIN,
    key: env.SENTRY_KEY,
    project: env.SENTRY_PROJECT,
    traceRate: env.SENTRY_TRACE_RATE,
  };
}
if (text('S3_SERVER')) {
  external.s3blobStore = {
    server: env.S3_SERVER,
    accessKey: env.S3_ACCESS_KEY,
    secretKey: env.S3_SECRET_KEY,
    bucketName: env.S3_BUCKET_NAME,
    requestTimeout: 60000,
  };
}

const settings = {
  basicAuthApisEnabled: isTrue('IS_BASIC_AUTH_APIS_ENABLED'),
  database: {
    host: env.DB_HOST,
    port: Number(env.DB_PORT),
    user: env.DB_USER,
    password: env.DB_PASSWORD,
    database: env.DB_NAME,
    ssl: JSON.parse(env.DB_SSL),
  },
  email: { serviceAccount: env.EMAIL_FROM, transport: 'smtp', transportOpts },
  xlsform: { host: env.PYXFORM_HOST, port: Number(env.PYXFORM_PORT) },
  enketo: { url: `http://${env.ENKETO_HOST}:${env.ENKETO_PORT}/-`, apiKey: env.ENKETO_API_KEY },
  env: { domain: `https://${env.DOMAIN}`, sysadminAccount: env.SYSADMIN_EMAIL },
  oidc: isTrue('OIDC_ENABLED')
    ? { enabled: true, issuerUrl: env.OIDC_ISSUER_URL, clientId: env.OIDC_CLIENT_ID, clientSecret: env.OIDC_CLIENT_SECRET }
    : { enabled: false },
  external,
};

process.stdout.write(JSON.stringify({ default: settings }));
