#!/usr/bin/env node
// Checks a ledger of Acrux, or the proof of one token, with nothing of Acrux: docs/ledger.md.
//
//     node acrux_verify.mjs --key KEY [--key KEY ...] [--anchor FILE ...]
//                           [--witness KEY ... [--quorum N]] [--json] FILE ...
//
// FILE is an export (`-`: standard input), several parts of one in their order, or a proof. KEY is the
// verifier key of the ledger, or @FILE with one a line; --anchor is a file of checkpoints that someone else
// kept. --witness is the verifier key of a witness, or @FILE: with it, N of them (1) must have signed a
// checkpoint, too, and what they signed is said. The exit status is 0 when all is as it was signed, 1 with evidence of a change, 2 when that cannot be
// told. Needs Node 20, no packages; memory does not grow with rows. It says what acrux_verify.py says.

import { createHash, createPublicKey, verify } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { parseArgs } from "node:util";

const MAX_LINE = 2 ** 18;
const MAX_STRETCH = 2 ** 16; // rows between two checkpoints that are kept, to say which was changed
const MAX_TRIED = 512; // rows between two checkpoints up to which every exchange of neighbours is tried
const STATUS = { ok: 0, changed: 1, unknown: 2 };
// What a key signs (C2SP signed-note): a note as it is, or with a time before it.
const [LOG_KEY, WITNESS_KEY] = [1, 4];
const KEY_OF = { [LOG_KEY]: "ledger", [WITNESS_KEY]: "witness" };

class Verdict extends Error {
  constructor(verdict, kind, says, more = {}) {
    super(says);
    this.said = { verdict, kind, says, ...more };
  }
}
const changed = (kind, first, last, says) => new Verdict("changed", kind, says, { first, last });
const unknown = (says, kind = "bad input") => new Verdict("unknown", kind, says);

// What bytes mean: JSON in one form, hashes, the tree

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    // The order of sort() is that of UTF-16 code units (RFC 8785 section 3.2.3).
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  // JSON.stringify would write half a character as an escape, which is no text in UTF-8.
  if (typeof value === "string" && !value.isWellFormed()) throw new RangeError("no such text");
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("no such number");
  return JSON.stringify(value);
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const hasNames = (value, ...names) =>
  Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name));
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parsed(raw, where) {
  try {
    const text = utf8.decode(raw);
    const value = JSON.parse(text);
    if (isObject(value) && canonical(value) === text) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError)) throw error;
  }
  throw unknown(`${where} is not canonical JSON`);
}

function rawBase64(text, size = 0) {
  if (typeof text !== "string") return null;
  const raw = Buffer.from(text, "base64");
  return raw.toString("base64") === text && (size === 0 || raw.length === size) ? raw : null;
}

function hashesOf(texts) {
  if (!Array.isArray(texts)) return null;
  const found = texts.map((text) => rawBase64(text, 32));
  return found.includes(null) ? null : found;
}

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const leafHash = (leaf) => sha256(LEAF, canonical(leaf));
const nodeHash = (left, right) => sha256(NODE, left, right);
// Halves without the 32 bits of JavaScript's own operators.
const isOdd = (number) => number % 2 === 1;
const half = (number) => Math.floor(number / 2);

class Tree {
  constructor(size = 0, stack = []) {
    this.size = size;
    this.stack = stack;
  }
  add(leaf) {
    for (let size = this.size; isOdd(size); size = half(size)) leaf = nodeHash(this.stack.pop(), leaf);
    this.stack.push(leaf);
    this.size += 1;
  }
  root() {
    return this.stack.length ? this.stack.reduceRight((joint, left) => nodeHash(left, joint)) : sha256();
  }
  withLeaves(leaves) {
    const tree = new Tree(this.size, [...this.stack]);
    for (const leaf of leaves) tree.add(leaf);
    return tree;
  }
  equals(other) {
    const same = this.size === other.size && this.stack.length === other.stack.length;
    return same && this.stack.every((hash, at) => hash.equals(other.stack[at]));
  }
}

function ledTo(leaf, index, size, path) {
  let [own, last] = [index, size - 1];
  for (const beside of path) {
    if (last === 0) return null;
    if (isOdd(own) || own === last) {
      leaf = nodeHash(beside, leaf);
      while (own > 0 && !isOdd(own)) [own, last] = [half(own), half(last)];
    } else {
      leaf = nodeHash(leaf, beside);
    }
    [own, last] = [half(own), half(last)];
  }
  return last === 0 ? leaf : null;
}

// Checkpoints and the keys that sign them

function keyOf(text, kind = LOG_KEY) {
  const [name, id, ...rest] = text.split("+");
  const raw = rawBase64(rest.join("+"), 33) ?? Buffer.from([0]);
  const made = sha256(`${name}\n`, raw).subarray(0, 4).toString("hex");
  if (!name || name.includes(" ") || raw[0] !== kind || id !== made) {
    throw unknown(`no verifier key of a ${KEY_OF[kind]}: ${text}`);
  }
  const jwk = { kty: "OKP", crv: "Ed25519", x: raw.subarray(1).toString("base64url") };
  return { name, id, key: createPublicKey({ key: jwk, format: "jwk" }) };
}

class Witnesses {
  constructor(texts, quorum) {
    const keys = texts.map((text) => keyOf(text, WITNESS_KEY));
    this.known = new Map(keys.map((key) => [`${key.name}+${key.id}`, key.key]));
    if (keys.length && !(Number.isSafeInteger(quorum) && 1 <= quorum && quorum <= this.known.size)) {
      throw unknown(`--quorum is 1 up to the number of witnesses, ${this.known.size}`);
    }
    this.quorum = keys.length ? quorum : 0;
  }

  // By when enough of them had signed, null where they had not, false where the line of one is wrong.
  signed(text, lines) {
    const moments = new Map();
    for (const [name, raw] of lines) {
      const of = `${name}+${idOf(raw)}`;
      if (!this.known.has(of)) continue;
      if (raw.length !== 76) return false;
      const moment = Number(raw.readBigUInt64BE(4));
      const said = Buffer.from(`cosignature/v1\ntime ${moment}\n${text}`);
      if (!Number.isSafeInteger(moment) || !verify(null, said, this.known.get(of), raw.subarray(12))) return false;
      moments.set(of, Math.min(moment, moments.get(of) ?? moment));
    }
    if (this.quorum === 0 || moments.size < this.quorum) return null;
    return [...moments.values()].sort((left, right) => left - right)[this.quorum - 1];
  }
}

class Keys {
  constructor(texts, witnesses) {
    this.witnesses = witnesses;
    const keys = texts.map((text) => keyOf(text));
    if (new Set(keys.map((key) => key.name)).size !== 1) throw unknown("name the keys of one ledger with --key");
    this.origin = keys[0].name;
    this.known = new Map(keys.map((key) => [key.id, key.key]));
  }

  // `since` is the first row that nothing vouches for yet.
  opened(note, where, since = 0) {
    const [text, lines] = this.parts(note, where);
    const found = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n([^\n]+\n)*$/.exec(text);
    const size = found ? Number(found[2]) : since + 1;
    this.check(text, lines, where, since, size - 1);
    const root = found ? rawBase64(found[3], 32) : null;
    if (!found || root === null || !Number.isSafeInteger(size)) throw unknown(`${where}: no checkpoint`);
    if (found[1] !== this.origin) throw unknown(`${where}: a checkpoint of another ledger, ${found[1]}`);
    const witnessed = this.witnesses.signed(text, lines);
    if (witnessed === false) {
      throw changed("wrong signature", since, size - 1, `${where}: the signature of a witness is wrong`);
    }
    return { size, root, where, witnessed };
  }

  check(text, lines, where, first, last) {
    const ours = lines.filter(([name, raw]) => name === this.origin && this.known.has(idOf(raw)));
    if (!ours.length) {
      const signer = `${lines[0][0]}+${idOf(lines[0][1])}`;
      const says = `${where}: the checkpoint is signed by ${signer}, not by a key that was named`;
      throw changed("re-keyed", first, last, says);
    }
    for (const [, raw] of ours) {
      if (!verify(null, Buffer.from(text), this.known.get(idOf(raw)), raw.subarray(4))) {
        throw changed("wrong signature", first, last, `${where}: the signature of the checkpoint is wrong`);
      }
    }
  }

  parts(note, where) {
    const gap = typeof note === "string" ? note.lastIndexOf("\n\n") : -1;
    const lines = gap < 0 ? [] : note.slice(gap + 2).split("\n");
    const whole = lines.pop() === "" && lines.length > 0;
    const signatures = lines.map((line) => {
      const found = /^\u2014 ([^ +\n]+) ([^ \n]+)$/u.exec(line);
      const raw = found ? rawBase64(found[2]) : null;
      if (raw === null || raw.length < 5) throw unknown(`${where}: no signed note`);
      return [found[1], raw];
    });
    if (!whole || signatures.length > 100) throw unknown(`${where}: no signed note`);
    return [note.slice(0, gap + 1), signatures];
  }
}
const idOf = (raw) => raw.subarray(0, 4).toString("hex");

// Files, line by line

// Gives [where, line without its end, whether it ended].
function* linesOf(name) {
  let file;
  try {
    file = name === "-" ? 0 : openSync(name, "r");
    const chunk = Buffer.alloc(2 ** 16);
    let rest = Buffer.alloc(0);
    let number = 0;
    for (;;) {
      const count = read(file, chunk);
      if (count === 0) break;
      rest = Buffer.concat([rest, chunk.subarray(0, count)]);
      let start = 0;
      for (let end; (end = rest.indexOf(10, start)) >= 0; start = end + 1) {
        number += 1;
        if (end + 1 - start > MAX_LINE) throw unknown(`${name} line ${number} is too long`);
        yield [`${name} line ${number}`, rest.subarray(start, end), true];
      }
      rest = rest.subarray(start);
      if (rest.length > MAX_LINE) throw unknown(`${name} line ${number + 1} is too long`);
    }
    if (rest.length) yield [`${name} line ${number + 1}`, rest, false];
  } catch (error) {
    if (error.syscall) throw unknown(`${name} cannot be read: ${REASONS[error.code] ?? error.code}`);
    throw error;
  } finally {
    if (file) closeSync(file);
  }
}
const REASONS = { ENOENT: "No such file or directory", EISDIR: "Is a directory", EACCES: "Permission denied" };

function read(file, chunk) {
  for (;;) {
    try {
      return readSync(file, chunk);
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function anchorsOf(names, keys) {
  const found = [];
  for (const name of names) {
    const lines = [...linesOf(name)].map(([where, line, ended]) => [where, Buffer.from(line), ended]);
    if (!lines.length) continue;
    if (lines[0][1][0] !== 0x7b) {
      const ends = ([, line, ended]) => [line, Buffer.from(ended ? "\n" : "")];
      found.push(keys.opened(Buffer.concat(lines.flatMap(ends)).toString(), name));
      continue;
    }
    for (const [where, line, ended] of lines) {
      // A line that is being written while the file is copied says nothing yet.
      if (ended) found.push(keys.opened(parsed(line, where).checkpoint, where));
    }
  }
  return found.sort((left, right) => left.size - right.size);
}

class Row {
  constructor(seq, stated, computed = null, at = undefined) {
    Object.assign(this, { seq, stated, computed, at });
  }
  get hash() {
    return this.computed ?? this.stated;
  }
  get isWhole() {
    return this.computed === null || this.computed.equals(this.stated);
  }
}
class Begin {
  constructor(name, tree) {
    Object.assign(this, { name, tree });
  }
}
class Signed {
  constructor(note, where) {
    Object.assign(this, { note, where });
  }
}
class End {
  constructor(size) {
    this.size = size;
  }
}

function* eventsOf(names, keys) {
  for (const name of names) {
    let [begun, over, after] = [false, false, "its beginning"];
    for (const [where, line, ended] of linesOf(name)) {
      if (!ended) break;
      const value = parsed(line, where);
      if (over || begun === Object.hasOwn(value, "acrux_ledger")) throw unknown(`${where} stands in a wrong place`);
      const event = eventOf(value, where, name, keys);
      yield event;
      begun = true;
      over = event instanceof End;
      if (event instanceof Row) after = `row ${event.seq}`;
    }
    if (!over) throw unknown(`${name} is cut off after ${after}: export the rest again`, "cut");
  }
}

const bitCount = (number) => [...number.toString(2)].filter((bit) => bit === "1").length;

function eventOf(value, where, name, keys) {
  if (hasNames(value, "acrux_ledger", "from", "frontier", "origin") && value.acrux_ledger === 1) {
    if (value.origin !== keys.origin) throw unknown(`${name} is another ledger, and the key is of ${keys.origin}`);
    const stack = hashesOf(value.frontier);
    if (isCount(value.from) && stack !== null && stack.length === bitCount(value.from)) {
      return new Begin(name, new Tree(value.from, stack));
    }
  } else if ((hasNames(value, "hash", "seq") || hasNames(value, "hash", "leaf", "seq")) && isCount(value.seq)) {
    const stated = rawBase64(value.hash, 32);
    if (stated && !Object.hasOwn(value, "leaf")) return new Row(value.seq, stated);
    if (stated && isObject(value.leaf)) return new Row(value.seq, stated, leafHash(value.leaf), value.leaf.at);
  } else if (hasNames(value, "checkpoint")) {
    return new Signed(value.checkpoint, where);
  } else if (hasNames(value, "end") && isCount(value.end)) {
    return new End(value.end);
  }
  throw unknown(`${where} is no line of a ledger`);
}

// What kind of change it looks like: each looks at a stretch of rows with another root than signed

class Stretch {
  constructor(before, rows = []) {
    Object.assign(this, { before, rows });
  }
  get start() {
    return this.before.size;
  }
  root(hashes) {
    return this.before.withLeaves(hashes).root();
  }
}

function missing(stretch, signed, rest) {
  const here = [...new Set(stretch.rows.map((row) => row.seq))]
    .filter((seq) => stretch.start <= seq && seq < signed.size)
    .sort((left, right) => left - right);
  const bounds = [stretch.start - 1, ...here, signed.size];
  const at = bounds.findIndex((low, place) => bounds[place + 1] - low > 1);
  if (at < 0) return null;
  const [first, last] = [bounds[at] + 1, bounds[at + 1] - 1];
  const atEnd = last === signed.size - 1;
  const behind = rowsOf(rest);
  const following = behind.next().value;
  if (following === undefined && atEnd) {
    const says = `rows ${first} to ${last} are missing, which ${signed.where} was signed over`;
    return changed("truncated", first, last, says);
  }
  if (following && following.seq === first && atEnd) {
    const fewer = `${last - first + 1} fewer than were signed, and what comes behind has other numbers`;
    return changed("deleted", stretch.start, last, `rows ${stretch.start} to ${last}: ${fewer}`);
  }
  if (following && (following.seq === first || some(behind, (row) => row.seq === first))) {
    return changed("reordered", first, first, `row ${first} stands further behind`);
  }
  return changed("deleted", first, last, `rows ${first} to ${last} are missing`);
}

function repeated(stretch, signed, rest) {
  const count = stretch.rows.length;
  if (stretch.rows.every((row, at) => row.seq === stretch.start + at)) {
    return count > signed.size - stretch.start ? addedWithNewNumbers(stretch, signed) : null;
  }
  const seen = new Set();
  const twice = (seq) => changed("inserted", seq, seq, `row ${seq} is there twice`);
  for (const { seq } of stretch.rows) {
    if (seq < stretch.start || seen.has(seq)) return twice(seq);
    if (seq >= signed.size) {
      if (some(rowsOf(rest), (other) => other.seq === seq)) return twice(seq);
      return changed("reordered", seq, seq, `row ${seq} stands further in front`);
    }
    seen.add(seq);
  }
  return null;
}

function addedWithNewNumbers(stretch, signed) {
  const hashes = stretch.rows.map((row) => row.hash);
  if (hashes.length <= MAX_TRIED && stretch.start + hashes.length - 1 === signed.size) {
    const at = hashes.findIndex((_, place) => stretch.root(hashes.toSpliced(place, 1)).equals(signed.root));
    if (at >= 0) {
      const { seq } = stretch.rows[at];
      return changed("inserted", seq, seq, `row ${seq}: without it the rows are those that were signed`);
    }
  }
  const more = stretch.start + hashes.length - signed.size;
  const last = stretch.rows.at(-1).seq;
  return changed("inserted", stretch.start, last, `rows ${stretch.start} to ${last}: ${more} more than were signed`);
}

function moved(stretch) {
  const wrong = stretch.rows.filter((row, at) => row.seq !== stretch.start + at).map((row) => row.seq);
  if (!wrong.length) return null;
  const [first, last] = [Math.min(...wrong), Math.max(...wrong)];
  return changed("reordered", first, last, `rows ${first} to ${last} are not in their order`);
}

function rewritten(stretch, signed) {
  const wrong = stretch.rows.filter((row) => !row.isWhole);
  if (!wrong.length) return null;
  const [first, last] = [wrong[0].seq, wrong.at(-1).seq];
  const sorted = (name) => wrong.map((row) => row[name].toString("hex")).sort().join();
  if (wrong.length > 1 && sorted("hash") === sorted("stated")) {
    const says = `rows ${first} to ${last}: the bodies of ${wrong.length} rows are exchanged`;
    return changed("reordered", first, last, says);
  }
  let says = `row ${first}: its body is not what its hash was made of`;
  if (stretch.root(stretch.rows.map((row) => row.hash)).equals(signed.root)) {
    says = `row ${first}: its body is what was signed, the hash beside it is not`;
  } else if (stretch.root(stretch.rows.map((row) => row.stated)).equals(signed.root)) {
    says = `row ${first}: its body is not what was signed`;
  }
  return changed("edited", first, first, says);
}

function exchanged(stretch, signed) {
  for (const order of orders(stretch.rows)) {
    if (!stretch.root(order.map((at) => stretch.rows[at].hash)).equals(signed.root)) continue;
    const places = order.flatMap((other, at) => (other === at ? [] : [stretch.rows[at].seq]));
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const says = `rows ${first} to ${last}: in another order they are those that were signed`;
    return changed("reordered", first, last, says);
  }
  return null;
}

function* orders(rows) {
  const plain = rows.map((_, at) => at);
  if (rows.every((row) => Number.isSafeInteger(row.at))) yield plain.toSorted((a, b) => rows[a].at - rows[b].at);
  if (rows.length > MAX_TRIED) return;
  const reach = rows.length > MAX_TRIED / 8 ? 1 : rows.length;
  for (const low of plain) {
    for (const high of plain.slice(low + 1, low + 1 + reach)) {
      const other = [...plain];
      [other[low], other[high]] = [high, low];
      yield other;
    }
  }
}

function forked(stretch, signed, rest, keys) {
  const tree = stretch.before.withLeaves(stretch.rows.map((row) => row.hash));
  return withoutVerdict(() => {
    for (const event of rest) {
      if (event instanceof Row) {
        if (!event.isWhole || event.seq !== tree.size) return null;
        tree.add(event.hash);
      } else if (event instanceof Signed) {
        const later = keys.opened(event.note, event.where);
        if (later.size === tree.size && later.root.equals(tree.root())) {
          return twoHistories(stretch.start, signed, later.where);
        }
      }
    }
    return null;
  });
}

function twoHistories(start, signed, other) {
  const last = Math.max(start, signed.size - 1);
  const over = `${signed.where} was signed over other rows than ${other}, both by the ledger's key`;
  return changed("forked", start, last, `rows ${start} to ${last}: ${over}`);
}

function withoutVerdict(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Verdict) return null;
    throw error;
  }
}

// The rows that come behind, as far as they can be read.
function* rowsOf(rest) {
  for (;;) {
    const next = withoutVerdict(() => rest.next());
    if (next === null || next.done) return;
    if (next.value instanceof Row) yield next.value;
  }
}

function some(rows, test) {
  for (const row of rows) if (test(row)) return true;
  return false;
}

const CHECKS = [missing, repeated, moved, rewritten, exchanged, forked];

function diagnosis(stretch, signed, rest, keys) {
  const last = Math.max(stretch.start, signed.size - 1);
  const range = `rows ${stretch.start} to ${last}`;
  if (stretch.rows.length > MAX_STRETCH) {
    return changed("edited", stretch.start, last, `${range} are not those that ${signed.where} was signed over`);
  }
  for (const check of CHECKS) {
    const found = check(stretch, signed, rest, keys);
    if (found) return found;
  }
  const over = `one or more are not those that ${signed.where} was signed over, and their hashes were made again`;
  return changed("edited", stretch.start, last, `${range}: ${over}`);
}

// The whole ledger

class Ledger {
  constructor(keys, anchors, rest) {
    Object.assign(this, { keys, anchors, rest, tree: null });
    Object.assign(this, { first: 0, pruned: 0, checkpoints: 0, anchored: 0, witnessed: 0 });
    Object.assign(this, { met: 0, clean: true, doubt: null, ends: 0 });
  }

  verify() {
    for (let next; !(next = this.rest.next()).done; ) {
      const event = next.value;
      if (event instanceof Begin) this.begin(event);
      else if (event instanceof Row) this.row(event);
      else if (event instanceof Signed) this.compare(this.keys.opened(event.note, event.where, this.stretch.start));
      else this.ends = event.size;
    }
    return this.finish();
  }

  begin(begin) {
    if (this.tree === null) {
      this.tree = begin.tree;
      this.first = begin.tree.size;
      this.stretch = new Stretch(this.tree.withLeaves([]));
      while (this.anchor && this.anchor.size < this.first) this.met += 1;
      this.meetAnchors();
    } else if (!begin.tree.equals(this.tree)) {
      throw unknown(`${begin.name} does not continue the file before it`);
    }
  }

  // The least of the anchors' checkpoints that was not met yet.
  get anchor() {
    return this.anchors[this.met];
  }

  row(row) {
    this.clean &&= row.isWhole && row.seq === this.tree.size;
    this.tree.add(row.hash);
    if (row.computed === null) this.pruned += 1;
    if (this.stretch.rows.length <= MAX_STRETCH) this.stretch.rows.push(row);
    if (this.clean) this.meetAnchors();
  }

  meetAnchors() {
    for (; this.anchor && this.anchor.size === this.tree.size; this.met += 1) {
      if (this.anchor.root.equals(this.tree.root())) {
        this.anchored += 1;
        this.witness(this.anchor);
        if (this.doubt === null) this.stretch = new Stretch(this.tree.withLeaves([]));
      } else {
        this.doubt ??= this.anchor;
      }
    }
  }

  compare(signed) {
    this.checkpoints += 1;
    const { start, rows } = this.stretch;
    if (signed.size < start) {
      const says = `${signed.where}: a checkpoint over ${signed.size} rows stands after a greater one`;
      throw changed("reordered", signed.size, start - 1, says);
    }
    const right = this.clean && signed.size === this.tree.size && signed.root.equals(this.tree.root());
    if (right && this.doubt === null) {
      this.stretch = new Stretch(this.tree.withLeaves([]));
      this.witness(signed);
    } else if (right) throw twoHistories(start, this.doubt, signed.where);
    else if (!rows.length && signed.size === start) {
      throw twoHistories(Math.max(0, signed.size - 1), signed, "the one before it");
    } else throw diagnosis(...this.narrowed(signed), this.rest, this.keys);
  }

  witness(signed) {
    if (signed.witnessed !== null) this.witnessed = Math.max(this.witnessed, signed.size);
  }

  narrowed(signed) {
    if (this.doubt === null) return [this.stretch, signed];
    const rows = this.stretch.rows.slice(0, this.doubt.size - this.stretch.start);
    return [new Stretch(this.stretch.before, rows), this.doubt];
  }

  finish() {
    const { size } = this.tree;
    if (this.doubt !== null) throw diagnosis(...this.narrowed(this.doubt), [].values(), this.keys);
    if (this.anchor) {
      const known = this.anchors.at(-1);
      const says = `the ledger had ${known.size} rows at ${known.where}, and ${size} are here`;
      throw changed("truncated", size, known.size - 1, says);
    }
    if (this.stretch.rows.length) {
      const first = this.stretch.start;
      const says = `rows ${first} to ${size - 1} stand after the last checkpoint: nobody signed them`;
      throw changed("inserted", first, size - 1, says);
    }
    if (this.ends !== size) {
      const says = `the last line says that there are ${this.ends} rows, and ${size} are here`;
      throw changed("truncated", size, Math.max(size, this.ends - 1), says);
    }
    if (!(this.checkpoints + this.anchored)) throw unknown("there is no checkpoint");
    if (this.keys.witnesses.quorum && !this.witnessed) {
      throw unwitnessed("the rows are as they were signed, and no checkpoint", this.keys);
    }
    return this.good(size, this.tree.root().toString("base64"));
  }

  good(size, root) {
    const { first, pruned, checkpoints, anchored } = this;
    const rows = size - first;
    const { quorum } = this.keys.witnesses;
    const more = quorum ? { witnessed: this.witnessed } : {};
    const signed = quorum ? `; ${quorum} witnesses or more signed ${this.witnessed} rows` : "";
    const says =
      `${rows} rows of ${this.keys.origin} from row ${first} on are as they were signed:` +
      ` ${checkpoints} checkpoints, ${anchored} kept by others,` +
      ` ${pruned} rows without their body; size ${size}, root ${root}${signed}`;
    return new Verdict("ok", "", says, { first, rows, pruned, size, checkpoints, anchored, ...more, root });
  }
}

// One token

function proven(value, name, keys, anchors) {
  const { index, leaf } = value;
  const path = hashesOf(value.path);
  const whole = hasNames(value, "acrux_proof", "checkpoint", "index", "leaf", "path") && value.acrux_proof === 1;
  if (!whole || !isCount(index) || !isObject(leaf) || path === null) throw unknown(`${name} is no proof`);
  const signed = keys.opened(value.checkpoint, name, index);
  for (const anchor of anchors) {
    if (anchor.size === signed.size && !anchor.root.equals(signed.root)) throw twoHistories(index, signed, anchor.where);
  }
  const root = index < signed.size ? ledTo(leafHash(leaf), index, signed.size, path) : null;
  if (root === null || !root.equals(signed.root)) {
    const says = `row ${index}: this leaf is not what was signed there, or the path is another's`;
    throw changed("edited", index, index, says);
  }
  let says = `row ${index} of ${keys.origin} is this leaf, among ${signed.size} that were signed`;
  const more = {};
  const { quorum } = keys.witnesses;
  if (quorum) {
    if (signed.witnessed === null) throw unwitnessed(`${says}; but the checkpoint`, keys);
    more.witnessed_at = signed.witnessed;
    says += `; ${quorum} witnesses or more had signed them at ${signed.witnessed}`;
  }
  return new Verdict("ok", "", says, { first: index, rows: 1, size: signed.size, token: leaf.jti ?? null, ...more });
}

function unwitnessed(what, keys) {
  const { quorum, known } = keys.witnesses;
  return unknown(`${what} is signed by ${quorum} of the ${known.size} witnesses that were named`, "unwitnessed");
}

function keysOf(texts) {
  return texts.flatMap((text) => {
    if (!text.startsWith("@")) return [text];
    return [...linesOf(text.slice(1))].map(([, line]) => line.toString().trim()).filter(Boolean);
  });
}

export function verdict(names, keyTexts, anchorNames, witnessTexts = [], quorum = 1) {
  try {
    const keys = new Keys(keysOf(keyTexts), new Witnesses(keysOf(witnessTexts), quorum));
    const anchors = anchorsOf(anchorNames, keys);
    if (names.length === 1 && names[0] !== "-") {
      const [where, line] = linesOf(names[0]).next().value ?? [names[0], Buffer.alloc(0)];
      if (line.indexOf('{"acrux_proof"') === 0) return proven(parsed(line, where), names[0], keys, anchors);
    }
    return new Ledger(keys, anchors, eventsOf(names, keys)).verify();
  } catch (error) {
    if (error instanceof Verdict) return error;
    throw error;
  }
}

const USAGE =
  "usage: node acrux_verify.mjs --key KEY [--key KEY] [--anchor FILE]" +
  " [--witness KEY [--quorum N]] [--json] FILE [FILE]\n";

function main() {
  const many = { type: "string", multiple: true };
  const options = { key: many, anchor: many, witness: many, quorum: { type: "string" }, json: { type: "boolean" } };
  let given;
  try {
    given = parseArgs({ options, allowPositionals: true });
  } catch {
    given = { values: {}, positionals: [] };
  }
  const { values, positionals } = given;
  if (!positionals.length || !values.key) {
    process.stderr.write(USAGE);
    return 2;
  }
  const quorum = Number(values.quorum ?? 1);
  const { said } = verdict(positionals, values.key, values.anchor ?? [], values.witness ?? [], quorum);
  const head = { ok: "OK", changed: "CHANGED", unknown: "CANNOT TELL" }[said.verdict];
  const text = `${head}${said.kind ? ` (${said.kind})` : ""}: ${said.says}`;
  process.stdout.write(`${values.json ? canonical(said) : text}\n`);
  return STATUS[said.verdict];
}

process.exitCode = main();
