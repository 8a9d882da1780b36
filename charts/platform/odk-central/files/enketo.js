// Writes the settings of Enketo, made of variables, to the file that is named.
const fs = require('fs');

const { env } = process;
const server = (part) => {
  const settings = { host: env[`REDIS_${part}_HOST`], port: env[`REDIS_${part}_PORT`] };
  if (env.REDIS_PASSWORD) settings.password = env.REDIS_PASSWORD;
  return settings;
};

const settings = {
  'app name': 'Enketo',
  'base path': '-',
  port: env.ENKETO_PORT,
  'encryption key': env.ENKETO_SECRET,
  'less secure encryption key': env.ENKETO_LESS_SECRET,
  'id length': 31,
  'linked form and data server': {
    name: 'ODK Central',
    'server url': env.DOMAIN,
    'api key': env.ENKETO_API_KEY,
    authentication: { type: 'cookie', url: `https://${env.DOMAIN}/#/login?next={RETURNURL}` },
  },
  logo: {
    source: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
    href: '',
  },
  'offline enabled': true,
  'payload limit': '1mb',
  'query parameter to pass to submission': 'st',
  'text field character limit': 1000000,
  'exclude non-relevant': true,
  support: { email: env.SUPPORT_EMAIL },
  redis: { main: server('MAIN'), cache: server('CACHE') },
};

fs.writeFileSync(process.argv[2], JSON.stringify(settings, null, 2));
