// Waits until every migration of this image is in the database, which the Job "migrate" does.
const fs = require('fs');
const { Client } = require('/usr/odk/node_modules/pg');

const { database } = JSON.parse(process.env.NODE_CONFIG).default;
const wanted = fs.readdirSync('/usr/odk/lib/model/migrations').filter((name) => name.endsWith('.js'));

const missing = async () => {
  const ssl = database.ssl ? { rejectUnauthorized: false } : undefined;
  const client = new Client({ ...database, ssl, connectionTimeoutMillis: 10000 });
  try {
    await client.connect();
    const { rows } = await client.query('select name from knex_migrations');
    const done = new Set(rows.map((row) => row.name));
    return wanted.filter((name) => !done.has(name));
  } finally {
    await client.end().catch(() => {});
  }
};

(async () => {
  for (;;) {
    let reason;
    try {
      const names = await missing();
      if (names.length === 0) return;
      reason = `${names.length} migrations are missing, ${names[0]} first`;
    } catch (error) {
      reason = error.message;
    }
    console.log(`waiting for the database: ${reason}`);
    await new Promise((resolve) => { setTimeout(resolve, 5000); });
  }
})();
