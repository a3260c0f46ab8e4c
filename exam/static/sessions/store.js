// Unsent answers kept in this browser (IndexedDB), encrypted with the sitting's own key, for a crash or a lost line.
//
// The key comes with the claim and lives in memory only: without signing in as the candidate, what lies on the disk can't be
// read. Where the browser offers no encryption (plain http on another host) nothing is written, and the page says so.

const DATABASE = "exam-sitting";
const TABLE = "answers";
const coder = new TextEncoder();

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: ["sitting", "slot"] });
  return asPromise(request);
}

const bound = (sitting) => IDBKeyRange.bound([sitting, -1], [sitting, Infinity]);
const label = (sitting, slot) => coder.encode(`${sitting}/${slot}`);

async function encrypted(key, sitting, entry) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const { slot, revision, response, base, sent, changedAt } = entry;
  const plain = coder.encode(JSON.stringify({ slot, revision, response, base, sent, changedAt }));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: label(sitting, slot) }, key, plain);
  return { sitting, slot, revision, iv, data };
}

async function decrypted(key, row) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData: label(row.sitting, row.slot) }, key, row.data);
  return JSON.parse(new TextDecoder().decode(plain));
}

function memoryOnly() {
  return { durable: false, put: async () => {}, remove: async () => {}, kept: async () => [], wipe: async () => {} };
}

/** Delete what was kept of a sitting, without its key. */
export async function wipeSitting(sitting) {
  const database = await openDatabase();
  const transaction = database.transaction(TABLE, "readwrite");
  transaction.objectStore(TABLE).delete(bound(sitting));
  await finished(transaction);
  database.close();
}

/** The store of a sitting. `keyText` is the key in base64. `failed()` is called once when the browser stops keeping answers. */
export async function openStore(sitting, keyText, failed = () => {}) {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return memoryOnly();
  let key;
  let database;
  try {
    const raw = Uint8Array.from(atob(keyText), (letter) => letter.charCodeAt(0));
    key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    database = await openDatabase();
  } catch (error) {
    console.error(error);
    return memoryOnly();
  }
  // Writes keep their order: an older answer must never land on a newer one.
  let tail = Promise.resolve();
  let broken = false;
  const inTurn = (work) => {
    tail = tail.then(work).catch((error) => {
      console.error(error);
      if (!broken) { broken = true; failed(); }
    });
    return tail;
  };

  return {
    durable: true,
    put: (entry) => inTurn(async () => {
      const row = await encrypted(key, sitting, entry);
      const transaction = database.transaction(TABLE, "readwrite", { durability: "strict" });
      transaction.objectStore(TABLE).put(row);
      await finished(transaction);
    }),
    /** Forget a slot once its revision is acknowledged; a newer one that waits stays. */
    remove: (slot, revision) => inTurn(async () => {
      const transaction = database.transaction(TABLE, "readwrite");
      const table = transaction.objectStore(TABLE);
      const row = await asPromise(table.get([sitting, slot]));
      if (row && row.revision <= revision) table.delete([sitting, slot]);
      await finished(transaction);
    }),
    /** What was kept and can be read; what can't (another key) is deleted. */
    async kept() {
      await tail;
      const rows = await asPromise(database.transaction(TABLE).objectStore(TABLE).getAll(bound(sitting)));
      const entries = [];
      for (const row of rows) {
        try {
          entries.push(await decrypted(key, row));
        } catch {
          database.transaction(TABLE, "readwrite").objectStore(TABLE).delete([row.sitting, row.slot]);
        }
      }
      return entries;
    },
    wipe: () => inTurn(async () => {
      const transaction = database.transaction(TABLE, "readwrite");
      transaction.objectStore(TABLE).delete(bound(sitting));
      await finished(transaction);
    }),
  };
}
