/*
 * Reference verifier of courier codes for a gate that is alone, and runner of the vectors in tests/vectors/gate.tsv.
 *
 *   cc -std=c11 -Wall -Wextra -Werror -O2 -o verify verify.c -lcrypto
 *   ./verify gate.tsv
 *
 * Prints one line for each vector that fails (with -v for each vector) and a count; exits with 0 when all pass, with 1
 * when one fails, with 2 when the file cannot be read. C11 and libcrypto (OpenSSL 1.1.1 or newer), nothing else.
 *
 * Part 1 is what firmware needs: parse, verify, judge. It allocates nothing itself. Part 2 reads the vectors.
 * What is left to firmware: fetching bundles, unpacking and verifying status lists (the vectors give the bits of lists
 * that were verified), keeping time, and writing to disk what gate_judge() says must be remembered BEFORE it opens.
 *
 * Protocol: docs/gate-protocol.md.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* ═══ Part 1: a gate ═══════════════════════════════════════════════════════════════════════════════════════════ */

enum {
  ID_BYTES = 8,
  ID_CHARACTERS = 17,
  CODE_CHARACTERS = 144,
  CODE_BYTES = 93,
  PAYLOAD_BYTES = 28,
  SIGNATURE_BYTES = 64,
  COORDINATE_BYTES = 32,
  MAX_KEYS = 8,
  MAX_INTERVALS = 8,
  MAX_STATUS_BYTES = 256, /* firmware: 131072 */
  MAX_EVENTS = 16,
  ENTRY_BIT = 1,
  RESERVED_BITS = 0xfc,
  EARLY_S = 5,
  LATE_S = 15,
};

#define PASSBACK_MS INT64_C(60000)
#define STEP_BACK_MS INT64_C(2000)
#define MINUTE_MS INT64_C(60000)
#define SECOND_MS INT64_C(1000)
#define FOREVER INT64_MAX

/* ── base45, RFC 9285 ── */

static int base45_digit(unsigned char character) {
  static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  const char *found = character == 0 ? NULL : strchr(alphabet, character);
  return found == NULL ? -1 : (int)(found - alphabet);
}

/* Returns the number of bytes, or -1 when the text is not base45 or does not fit. */
static int base45_decode(const unsigned char *text, size_t length, unsigned char *bytes, size_t room) {
  size_t made = 0;
  for (size_t at = 0; at < length; at += 3) {
    size_t digits = length - at < 3 ? length - at : 3;
    if (digits == 1) return -1;
    unsigned long value = 0;
    unsigned long weight = 1;
    for (size_t digit = 0; digit < digits; digit++, weight *= 45) {
      int worth = base45_digit(text[at + digit]);
      if (worth < 0) return -1;
      value += (unsigned long)worth * weight;
    }
    if (value > (digits == 3 ? 0xffffUL : 0xffUL)) return -1;
    if (made + digits - 1 > room) return -1;
    if (digits == 3) bytes[made++] = (unsigned char)(value >> 8);
    bytes[made++] = (unsigned char)(value & 0xff);
  }
  return (int)made;
}

/* Returns the number of characters; the text is not terminated. */
static size_t base45_encode(const unsigned char *bytes, size_t length, unsigned char *text) {
  static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  size_t made = 0;
  for (size_t at = 0; at < length; at += 2) {
    bool pair = at + 1 < length;
    unsigned value = pair ? bytes[at] * 256u + bytes[at + 1] : bytes[at];
    text[made++] = (unsigned char)alphabet[value % 45];
    text[made++] = (unsigned char)alphabet[value / 45 % 45];
    if (pair) text[made++] = (unsigned char)alphabet[value / 2025];
  }
  return made;
}

/* ── identifiers: a prefix and 13 characters of Crockford's base32, a zero bit and 64 bits ── */

static const char base32_alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void identifier_format(const char *prefix, const unsigned char number[ID_BYTES],
                              char text[ID_CHARACTERS + 1]) {
  uint64_t value = 0;
  for (int at = 0; at < ID_BYTES; at++) value = value << 8 | number[at];
  memcpy(text, prefix, 3);
  text[3] = '_';
  for (int at = ID_CHARACTERS - 1; at >= 4; at--, value >>= 5) text[at] = base32_alphabet[value & 31];
  text[ID_CHARACTERS] = '\0';
}

static bool identifier_parse(const char *prefix, const unsigned char *text, size_t length,
                             unsigned char number[ID_BYTES]) {
  if (length != ID_CHARACTERS || memcmp(text, prefix, 3) != 0 || text[3] != '_') return false;
  uint64_t value = 0;
  for (size_t at = 4; at < ID_CHARACTERS; at++) {
    const char *found = text[at] == 0 ? NULL : strchr(base32_alphabet, text[at]);
    if (found == NULL) return false;
    uint64_t digit = (uint64_t)(found - base32_alphabet);
    if (at == 4 && digit > 15) return false; /* the leading bit is zero */
    value = value << 5 | digit;
  }
  for (int at = ID_BYTES - 1; at >= 0; at--, value >>= 8) number[at] = (unsigned char)(value & 0xff);
  return true;
}

/* ── courier codes ── */

struct courier_code {
  unsigned char key_number;
  unsigned char payload[PAYLOAD_BYTES];
  unsigned char signature[SIGNATURE_BYTES];
  unsigned char directions;
  unsigned char community[ID_BYTES];
  unsigned char pass[ID_BYTES];
  int64_t not_before_s;
  int64_t lifetime_s;
  uint32_t status_index;
};

static uint32_t read_uint32(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* False: malformed. Nothing is stripped; of the signature nothing is said. */
static bool code_parse(const unsigned char *text, size_t length, struct courier_code *code) {
  unsigned char bytes[CODE_BYTES];
  if (length != CODE_CHARACTERS || memcmp(text, "CP1:", 4) != 0) return false;
  if (base45_decode(text + 4, length - 4, bytes, sizeof bytes) != CODE_BYTES) return false;
  const unsigned char *payload = bytes + 1;
  if (payload[0] != 1 || (payload[1] & RESERVED_BITS) != 0) return false;
  code->key_number = bytes[0];
  memcpy(code->payload, payload, PAYLOAD_BYTES);
  memcpy(code->signature, bytes + 1 + PAYLOAD_BYTES, SIGNATURE_BYTES);
  code->directions = payload[1];
  memcpy(code->community, payload + 2, ID_BYTES);
  memcpy(code->pass, payload + 10, ID_BYTES);
  code->not_before_s = read_uint32(payload + 18);
  code->lifetime_s = payload[22] << 8 | payload[23];
  code->status_index = read_uint32(payload + 24);
  return true;
}

/* Base64url without padding. Returns the number of characters. */
static size_t base64url(const unsigned char *bytes, size_t length, char *text) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t made = 0;
  for (size_t at = 0; at < length; at += 3) {
    size_t left = length - at < 3 ? length - at : 3;
    uint32_t group = (uint32_t)bytes[at] << 16;
    if (left > 1) group |= (uint32_t)bytes[at + 1] << 8;
    if (left > 2) group |= bytes[at + 2];
    for (size_t digit = 0; digit <= left; digit++) text[made++] = alphabet[group >> (18 - 6 * digit) & 63];
  }
  return made;
}

/* What was signed: the first two parts of a compact JWS (RFC 7515). Returns its length; `text` has room for 128. */
static size_t signing_input(const struct courier_code *code, char *text) {
  char header[40];
  int length = snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%u\"}", (unsigned)code->key_number);
  size_t made = base64url((const unsigned char *)header, (size_t)length, text);
  text[made++] = '.';
  return made + base64url(code->payload, PAYLOAD_BYTES, text + made);
}

/* One ASN.1 INTEGER of a signature's half. Returns its length. */
static size_t der_integer(const unsigned char half[COORDINATE_BYTES], unsigned char *der) {
  size_t zeros = 0;
  while (zeros < COORDINATE_BYTES - 1 && half[zeros] == 0) zeros++;
  bool padded = (half[zeros] & 0x80) != 0;
  size_t length = COORDINATE_BYTES - zeros + (padded ? 1 : 0);
  size_t made = 0;
  der[made++] = 0x02;
  der[made++] = (unsigned char)length;
  if (padded) der[made++] = 0;
  memcpy(der + made, half + zeros, COORDINATE_BYTES - zeros);
  return made + COORDINATE_BYTES - zeros;
}

/* libcrypto wants r and s in a DER sequence. Returns its length; `der` has room for 72. */
static size_t der_signature(const unsigned char signature[SIGNATURE_BYTES], unsigned char *der) {
  size_t made = 2;
  made += der_integer(signature, der + made);
  made += der_integer(signature + COORDINATE_BYTES, der + made);
  der[0] = 0x30;
  der[1] = (unsigned char)(made - 2);
  return made;
}

struct key {
  unsigned number;
  EVP_PKEY *public_key;
};

/* A public key from the x and y of its JWK. Null: not a point on P-256. */
static EVP_PKEY *key_from_point(const unsigned char x[COORDINATE_BYTES], const unsigned char y[COORDINATE_BYTES]) {
  /* SubjectPublicKeyInfo: id-ecPublicKey, prime256v1, a bit string, an uncompressed point. */
  static const unsigned char head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                       0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  unsigned char der[sizeof head + 2 * COORDINATE_BYTES];
  memcpy(der, head, sizeof head);
  memcpy(der + sizeof head, x, COORDINATE_BYTES);
  memcpy(der + sizeof head + COORDINATE_BYTES, y, COORDINATE_BYTES);
  const unsigned char *cursor = der;
  return d2i_PUBKEY(NULL, &cursor, sizeof der);
}

static bool signature_holds(const struct courier_code *code, EVP_PKEY *public_key) {
  char input[128];
  unsigned char der[72];
  size_t input_length = signing_input(code, input);
  size_t der_length = der_signature(code->signature, der);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool holds = context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1 &&
               EVP_DigestVerify(context, der, der_length, (const unsigned char *)input, input_length) == 1;
  EVP_MD_CTX_free(context);
  return holds;
}

/* ── what a gate has: a bundle, a clock, a memory ── */

enum posture { NORMAL, LOCKDOWN, OPEN, CLOSED };

struct posture_state {
  enum posture posture;
  int64_t until; /* excluded */
};

struct interval {
  int64_t from; /* included */
  int64_t to;   /* excluded */
};

/* All times in ms since 1970, by the server's clock. */
struct bundle {
  int64_t server_time;
  int64_t max_stale_minutes;
  unsigned char gate[ID_BYTES];
  unsigned char community[ID_BYTES];
  bool station;
  bool for_riders;
  bool passage_sensor;
  int64_t rescan_grace_s;
  bool allow;
  struct posture_state community_posture;
  struct posture_state gate_posture;
  int64_t list_issued_at;
  int64_t list_expires_at;
  size_t list_bytes;
  unsigned char list[MAX_STATUS_BYTES];
  size_t keys;
  struct key key[MAX_KEYS];
  size_t open_intervals;
  struct interval open[MAX_INTERVALS];
  size_t confirm_intervals;
  struct interval confirm[MAX_INTERVALS];
};

struct gate_clock {
  int64_t now;
  bool synchronised;
  int64_t latest_known;
};

enum event_kind { ENTRY, RESCAN, EXIT, PASSAGE };

struct event {
  enum event_kind kind;
  unsigned char pass[ID_BYTES];
  int64_t at;
  int64_t not_before_s; /* of an entry */
};

/* Oldest first. Firmware drops an entry when its code cannot be accepted any more and 6 minutes have passed. */
struct memory {
  size_t events;
  struct event event[MAX_EVENTS];
};

struct decision {
  const char *outcome;   /* granted, denied, cannot_judge */
  const char *reason;    /* or why it cannot judge */
  const char *remembers; /* what must be on disk before the gate opens; at an exit, what should be noted; or null */
};

/* What the memory knows of a pass. */
struct remembered {
  bool code_used;
  bool entered;
  int64_t at;
  bool passed;
  bool exited;
  int rescans;
};

static struct remembered recall(const struct memory *memory, const struct courier_code *code) {
  struct remembered known = {0};
  for (size_t at = 0; at < memory->events; at++) {
    const struct event *event = &memory->event[at];
    if (memcmp(event->pass, code->pass, ID_BYTES) != 0) continue;
    if (event->kind == ENTRY) {
      bool used = known.code_used || event->not_before_s == code->not_before_s;
      known = (struct remembered){.code_used = used, .entered = true, .at = event->at};
    } else if (event->kind == RESCAN) {
      known.rescans++;
    } else if (event->kind == EXIT) {
      known.exited = true;
    } else {
      known.passed = true;
    }
  }
  if (!known.entered) known = (struct remembered){0};
  return known;
}

/* ── the judgement ── */

static struct decision granted(const char *reason, const char *remembers) {
  return (struct decision){"granted", reason, remembers};
}

static struct decision denied(const char *reason) { return (struct decision){"denied", reason, NULL}; }

static struct decision cannot_judge(const char *why) { return (struct decision){"cannot_judge", why, NULL}; }

static enum posture posture_at(const struct posture_state *state, int64_t now) {
  return now >= state->until ? NORMAL : state->posture;
}

static bool within(const struct interval *intervals, size_t count, int64_t now) {
  for (size_t at = 0; at < count; at++)
    if (intervals[at].from <= now && now < intervals[at].to) return true;
  return false;
}

/* Null: nothing keeps the gate from judging. */
static const char *obstacle(const struct bundle *bundle, const struct gate_clock *clock) {
  int64_t stale = bundle->max_stale_minutes * MINUTE_MS;
  int64_t latest = clock->latest_known > bundle->server_time ? clock->latest_known : bundle->server_time;
  if (!bundle->allow) return "offline_not_allowed";
  if (!clock->synchronised) return "clock_not_synchronised";
  if (latest - clock->now >= STEP_BACK_MS) return "clock_stepped_back";
  if (clock->now - bundle->server_time >= stale) return "bundle_too_old";
  if (clock->now - bundle->list_issued_at >= stale || clock->now >= bundle->list_expires_at)
    return "status_list_too_old";
  return NULL;
}

/* Null: authentic. `text` null: nothing was presented. */
static const char *examine(const struct bundle *bundle, const unsigned char *text, size_t length,
                           struct courier_code *code) {
  if (text == NULL || !code_parse(text, length, code)) return "malformed_code";
  for (size_t at = 0; at < bundle->keys; at++)
    if (bundle->key[at].number == code->key_number)
      return signature_holds(code, bundle->key[at].public_key) ? NULL : "bad_signature";
  return "unknown_key";
}

static struct decision judge_pass(const struct bundle *bundle, const struct memory *memory,
                                  const struct courier_code *code, int64_t now) {
  size_t byte = code->status_index / 8;
  if (byte >= bundle->list_bytes) return denied("unknown_pass");
  if ((bundle->list[byte] >> (code->status_index % 8) & 1) != 0) return denied("delivery_not_active");

  struct remembered known = recall(memory, code);
  bool inside = known.entered && !known.exited;
  bool waiting = inside && !known.passed && now - known.at < bundle->rescan_grace_s * SECOND_MS;
  if (waiting && (bundle->passage_sensor || known.rescans == 0)) return granted("granted_rescan", "rescan");
  if (!within(bundle->open, bundle->open_intervals, now)) return denied("outside_hours");
  if (known.code_used) return denied("code_used");
  if (inside && now - known.at < PASSBACK_MS) return denied("already_inside");
  if (within(bundle->confirm, bundle->confirm_intervals, now)) return denied("guard_confirmation_required");
  return granted(bundle->station ? "granted_rider" : "granted", "entry");
}

static struct decision judge_entry(const struct bundle *bundle, const struct memory *memory,
                                   const struct gate_clock *clock, const unsigned char *text, size_t length) {
  struct courier_code code;
  if (bundle == NULL) return cannot_judge("no_bundle");
  const char *why = obstacle(bundle, clock);
  if (why != NULL) return cannot_judge(why);
  const char *reason = examine(bundle, text, length, &code);
  if (reason != NULL) return denied(reason);

  int64_t now = clock->now;
  if (memcmp(code.community, bundle->community, ID_BYTES) != 0) return denied("wrong_community");
  if (now < (code.not_before_s - EARLY_S) * SECOND_MS) return denied("code_not_yet_valid");
  if (now >= (code.not_before_s + code.lifetime_s + LATE_S) * SECOND_MS) return denied("code_expired");
  if ((code.directions & ENTRY_BIT) == 0 || !bundle->for_riders) return denied("wrong_gate");
  enum posture community = posture_at(&bundle->community_posture, now);
  enum posture gate = posture_at(&bundle->gate_posture, now);
  if (community == LOCKDOWN || gate == LOCKDOWN) return denied("community_lockdown");
  if (community == CLOSED || gate == CLOSED) return denied("gate_closed");
  if (community == OPEN || gate == OPEN) return granted("granted_open", NULL);
  return judge_pass(bundle, memory, &code, now);
}

/* An exit opens whatever holds; a pass that is recognised is noted, so that it may enter again at once. */
static struct decision judge_exit(const struct bundle *bundle, const unsigned char *text, size_t length) {
  struct courier_code code;
  bool recognised = bundle != NULL && examine(bundle, text, length, &code) == NULL &&
                    memcmp(code.community, bundle->community, ID_BYTES) == 0;
  return granted("granted_exit", recognised ? "exit" : NULL);
}

/* `bundle` null: the gate has never had one. `text` null: nothing was presented. */
static struct decision gate_judge(bool out, const struct bundle *bundle, const struct memory *memory,
                                  const struct gate_clock *clock, const unsigned char *text, size_t length) {
  return out ? judge_exit(bundle, text, length) : judge_entry(bundle, memory, clock, text, length);
}

/* ═══ Part 2: the vectors ══════════════════════════════════════════════════════════════════════════════════════ */

enum { MAX_LINE = 32768, MAX_FIELDS = 24, MAX_BUNDLES = 64, MAX_NAME = 128, MAX_TEXT = 8192 };

struct named_bundle {
  char name[MAX_NAME];
  struct bundle bundle;
};

struct current_case {
  char name[MAX_NAME];
  bool out;
  const struct bundle *bundle;
  bool presented;
  unsigned char text[MAX_TEXT];
  size_t length;
  struct gate_clock clock;
  struct memory memory;
};

static struct named_bundle bundles[MAX_BUNDLES];
static size_t bundle_count;
static struct current_case current;
static unsigned long line_number;
static unsigned long passed_count;
static unsigned long failed_count;
static bool verbose;

static void give_up(const char *why) {
  fprintf(stderr, "line %lu: %s\n", line_number, why);
  exit(2);
}

static bool nothing(const char *field) { return strcmp(field, "-") == 0; }

static int64_t number(const char *field) {
  char *end = NULL;
  long long value = strtoll(field, &end, 10);
  if (end == field || *end != '\0') give_up("not a number");
  return value;
}

static int64_t instant_or(const char *field, int64_t otherwise) { return nothing(field) ? otherwise : number(field); }

static unsigned hex_digit(char character) {
  if (character >= '0' && character <= '9') return (unsigned)(character - '0');
  if (character >= 'a' && character <= 'f') return (unsigned)(character - 'a') + 10;
  give_up("not hex");
  return 0;
}

static size_t hex(const char *field, unsigned char *bytes, size_t room) {
  size_t length = strlen(field) / 2;
  if (strlen(field) % 2 != 0 || length > room) give_up("hex of another length");
  for (size_t at = 0; at < length; at++)
    bytes[at] = (unsigned char)(hex_digit(field[2 * at]) << 4 | hex_digit(field[2 * at + 1]));
  return length;
}

static void hex_exactly(const char *field, unsigned char *bytes, size_t length) {
  if (hex(field, bytes, length) != length) give_up("hex of another length");
}

static void copy_name(char name[MAX_NAME], const char *field) {
  if (strlen(field) >= MAX_NAME) give_up("a name too long");
  strcpy(name, field);
}

static struct bundle *find_bundle(const char *name) {
  for (size_t at = 0; at < bundle_count; at++)
    if (strcmp(bundles[at].name, name) == 0) return &bundles[at].bundle;
  give_up("no such bundle");
  return NULL;
}

static struct posture_state posture_of(const char *name, const char *until) {
  static const char *const names[] = {"normal", "lockdown", "open", "closed"};
  for (int at = 0; at < 4; at++)
    if (strcmp(names[at], name) == 0) return (struct posture_state){(enum posture)at, instant_or(until, FOREVER)};
  give_up("no such posture");
  return (struct posture_state){NORMAL, 0};
}

static void report(const char *name, bool passes, const char *got) {
  if (passes) passed_count++;
  else failed_count++;
  if (verbose || !passes) printf("%s\t%s%s%s\n", passes ? "pass" : "FAIL", name, passes ? "" : "\tgot ", passes ? "" : got);
}

static void on_identifier(char **field) {
  unsigned char text[MAX_TEXT];
  unsigned char expected[ID_BYTES];
  unsigned char parsed[ID_BYTES];
  char formatted[ID_CHARACTERS + 1];
  size_t length = hex(field[3], text, sizeof text);
  bool valid = identifier_parse(field[1], text, length, parsed);
  bool passes = valid != nothing(field[2]);
  if (passes && valid) {
    hex_exactly(field[2], expected, ID_BYTES);
    identifier_format(field[1], expected, formatted);
    passes = memcmp(parsed, expected, ID_BYTES) == 0 && memcmp(formatted, text, ID_CHARACTERS) == 0;
  }
  report("identifier", passes, field[3]);
}

static void on_base45(char **field) {
  unsigned char text[MAX_TEXT];
  unsigned char expected[MAX_TEXT];
  unsigned char decoded[MAX_TEXT];
  unsigned char encoded[MAX_TEXT];
  size_t length = hex(field[2], text, sizeof text);
  int made = base45_decode(text, length, decoded, sizeof decoded);
  bool passes = (made < 0) == nothing(field[1]);
  if (passes && made >= 0) {
    size_t size = hex(field[1], expected, sizeof expected / 2);
    passes = size == (size_t)made && memcmp(decoded, expected, size) == 0 &&
             base45_encode(expected, size, encoded) == length && memcmp(encoded, text, length) == 0;
  }
  report("base45", passes, field[2]);
}

static void on_bundle(char **field) {
  if (bundle_count == MAX_BUNDLES) give_up("too many bundles");
  struct named_bundle *named = &bundles[bundle_count++];
  struct bundle *bundle = &named->bundle;
  copy_name(named->name, field[1]);
  bundle->server_time = number(field[2]);
  bundle->max_stale_minutes = number(field[3]);
  hex_exactly(field[4], bundle->gate, ID_BYTES);
  hex_exactly(field[5], bundle->community, ID_BYTES);
  bundle->station = number(field[6]) != 0;
  bundle->for_riders = number(field[7]) != 0;
  bundle->passage_sensor = number(field[8]) != 0;
  bundle->rescan_grace_s = number(field[9]);
  bundle->allow = number(field[10]) != 0;
  bundle->community_posture = posture_of(field[11], field[12]);
  bundle->gate_posture = posture_of(field[13], field[14]);
  bundle->list_issued_at = number(field[15]);
  bundle->list_expires_at = number(field[16]);
  bundle->list_bytes = hex(field[17], bundle->list, sizeof bundle->list);
}

static void on_key(char **field) {
  unsigned char x[COORDINATE_BYTES];
  unsigned char y[COORDINATE_BYTES];
  struct bundle *bundle = find_bundle(field[1]);
  if (bundle->keys == MAX_KEYS) give_up("too many keys");
  hex_exactly(field[3], x, sizeof x);
  hex_exactly(field[4], y, sizeof y);
  struct key *key = &bundle->key[bundle->keys++];
  key->number = (unsigned)number(field[2]);
  key->public_key = key_from_point(x, y);
  if (key->public_key == NULL) give_up("not a public key");
}

static void on_interval(char **field, size_t *count, struct interval intervals[MAX_INTERVALS]) {
  if (*count == MAX_INTERVALS) give_up("too many intervals");
  intervals[(*count)++] = (struct interval){number(field[2]), number(field[3])};
}

static void on_case(char **field) {
  copy_name(current.name, field[1]);
  current.out = strcmp(field[2], "out") == 0;
  current.presented = !nothing(field[3]);
  current.length = current.presented ? hex(field[3], current.text, sizeof current.text) : 0;
  current.bundle = nothing(field[4]) ? NULL : find_bundle(field[4]);
  current.clock = (struct gate_clock){number(field[5]), number(field[6]) != 0, number(field[7])};
  current.memory.events = 0;
}

static void on_remember(char **field) {
  static const char *const kinds[] = {"entry", "rescan", "exit", "passage"};
  if (current.memory.events == MAX_EVENTS) give_up("too many events");
  struct event *event = &current.memory.event[current.memory.events++];
  int kind = 0;
  while (kind < 4 && strcmp(kinds[kind], field[1]) != 0) kind++;
  if (kind == 4) give_up("no such event");
  event->kind = (enum event_kind)kind;
  hex_exactly(field[2], event->pass, ID_BYTES);
  event->at = number(field[3]);
  event->not_before_s = instant_or(field[4], -1);
}

static void on_expect(char **field) {
  const unsigned char *text = current.presented ? current.text : NULL;
  struct decision decision =
      gate_judge(current.out, current.bundle, &current.memory, &current.clock, text, current.length);
  const char *remembers = decision.remembers == NULL ? "-" : decision.remembers;
  char got[MAX_NAME];
  snprintf(got, sizeof got, "%s %s %s", decision.outcome, decision.reason, remembers);
  report(current.name,
         strcmp(decision.outcome, field[1]) == 0 && strcmp(decision.reason, field[2]) == 0 &&
             strcmp(remembers, field[3]) == 0,
         got);
}

static void on_line(char **field, size_t fields) {
  static const struct {
    const char *name;
    size_t fields;
  } kinds[] = {{"identifier", 4}, {"base45", 3}, {"bundle", 18}, {"key", 5},   {"open", 4},
               {"confirm", 4},    {"case", 8},   {"remember", 6}, {"expect", 4}};
  size_t kind = 0;
  while (kind < 9 && strcmp(kinds[kind].name, field[0]) != 0) kind++;
  if (kind == 9) give_up("no such kind of line");
  if (fields != kinds[kind].fields) give_up("another number of fields");
  struct bundle *bundle = kind == 4 || kind == 5 ? find_bundle(field[1]) : NULL;
  switch (kind) {
    case 0: on_identifier(field); break;
    case 1: on_base45(field); break;
    case 2: on_bundle(field); break;
    case 3: on_key(field); break;
    case 4: on_interval(field, &bundle->open_intervals, bundle->open); break;
    case 5: on_interval(field, &bundle->confirm_intervals, bundle->confirm); break;
    case 6: on_case(field); break;
    case 7: on_remember(field); break;
    default: on_expect(field); break;
  }
}

static size_t split(char *line, char *field[MAX_FIELDS]) {
  size_t fields = 0;
  for (char *cursor = line;;) {
    if (fields == MAX_FIELDS) give_up("too many fields");
    field[fields++] = cursor;
    cursor = strchr(cursor, '\t');
    if (cursor == NULL) return fields;
    *cursor++ = '\0';
  }
}

int main(int count, char **arguments) {
  static char line[MAX_LINE];
  char *field[MAX_FIELDS];
  int file_at = 1;
  if (count > 1 && strcmp(arguments[1], "-v") == 0) {
    verbose = true;
    file_at = 2;
  }
  if (count != file_at + 1) {
    fprintf(stderr, "usage: verify [-v] gate.tsv\n");
    return 2;
  }
  FILE *file = fopen(arguments[file_at], "r");
  if (file == NULL) {
    perror(arguments[file_at]);
    return 2;
  }
  while (fgets(line, sizeof line, file) != NULL) {
    line_number++;
    size_t length = strlen(line);
    if (length == 0 || line[length - 1] != '\n') give_up("a line too long");
    line[length - 1] = '\0';
    if (line[0] != '#') on_line(field, split(line, field));
  }
  fclose(file);
  for (size_t at = 0; at < bundle_count; at++)
    for (size_t key = 0; key < bundles[at].bundle.keys; key++) EVP_PKEY_free(bundles[at].bundle.key[key].public_key);
  printf("%lu passed, %lu failed\n", passed_count, failed_count);
  return failed_count == 0 && passed_count > 0 ? 0 : 1;
}
