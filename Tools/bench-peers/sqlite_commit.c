// Plain SQLite doing what an Arm leaves on the disk, and nothing else: the peer of durable Arm.
//
// From a store that banjied has written it takes the schema, the rows of deadlines, and how much
// audit log and how many bytes of replies came with each; and writes the same again, in groups, each
// group one transaction (WAL, synchronous = FULL), by prepared statements.
//
// usage: sqlite_commit TEMPLATE PATH GROUP SECONDS      PATH must not exist
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { columns_most = 64 };

static sqlite3 *database;

static void fail(const char *what) {
    fprintf(stderr, "sqlite_commit: %s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        fail(sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static double number(const char *sql) {
    sqlite3_stmt *statement = prepare(sql);
    if (sqlite3_step(statement) != SQLITE_ROW) fail(sql);
    double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Creates all tables and indexes of the template.
static void copy_schema(void) {
    sqlite3_stmt *statement = prepare(
        "SELECT sql FROM template.sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        char *sql = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        run(sql);
        sqlite3_free(sql);
    }
    sqlite3_finalize(statement);
}

static void put_id(unsigned char id[16], sqlite3_int64 value) {
    for (int byte = 0; byte < 8; byte++) {
        id[byte] = (unsigned char)(0x18EB1FAF63301F6D >> (56 - 8 * byte));
        id[8 + byte] = (unsigned char)(value >> (56 - 8 * byte));
    }
}

int main(int argc, char **argv) {
    int group = argc == 5 ? atoi(argv[3]) : 0;
    double limit = argc == 5 ? atof(argv[4]) : 0;
    if (group < 1 || group > 100000 || limit <= 0 || access(argv[2], F_OK) == 0) {
        fprintf(stderr, "usage: sqlite_commit TEMPLATE PATH GROUP SECONDS (PATH must not exist)\n");
        return 2;
    }
    if (sqlite3_open(argv[2], &database) != SQLITE_OK) fail(argv[2]);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
    char *attach = sqlite3_mprintf("ATTACH %Q AS template", argv[1]);
    run(attach);
    sqlite3_free(attach);
    copy_schema();

    double armed = number("SELECT count(*) FROM template.deadline");
    if (armed < group) {
        fprintf(stderr, "sqlite_commit: the template holds %.0f deadlines, fewer than a group\n",
                armed);
        return 1;
    }
    int audit_bytes = (int)(number("SELECT sum(length(audit_entries)) FROM template.store_journal") /
                            armed * group);
    int reply_bytes =
        (int)(number("SELECT sum(length(replies)) FROM template.store_reply") / armed * group);
    unsigned char *bytes = malloc((size_t)(audit_bytes > reply_bytes ? audit_bytes : reply_bytes));
    if (!bytes) return 1;
    for (int index = 0; index < audit_bytes || index < reply_bytes; index++)
        bytes[index] = (unsigned char)rand();

    sqlite3_value **values = calloc((size_t)group * columns_most, sizeof *values);
    if (!values) return 1;
    char select[128];
    snprintf(select, sizeof select, "SELECT * FROM template.deadline LIMIT %d", group);
    sqlite3_stmt *rows = prepare(select);
    int columns = sqlite3_column_count(rows);
    if (columns > columns_most) fail("more columns than expected");
    for (int row = 0; sqlite3_step(rows) == SQLITE_ROW; row++)
        for (int column = 0; column < columns; column++)
            values[row * columns + column] = sqlite3_value_dup(sqlite3_column_value(rows, column));
    sqlite3_finalize(rows);
    run("DETACH template");

    char insert[512] = "INSERT INTO deadline VALUES (?";
    size_t end = strlen(insert);
    for (int column = 1; column < columns; column++)
        end += (size_t)snprintf(insert + end, sizeof insert - end, ",?");
    snprintf(insert + end, sizeof insert - end, ")");
    sqlite3_stmt *insert_deadline = prepare(insert);
    sqlite3_stmt *insert_request = prepare("INSERT INTO store_request VALUES ('operator', ?, ?, ?)");
    sqlite3_stmt *insert_journal = prepare(
        "INSERT INTO store_journal VALUES (?1, 1795563714, ?2, zeroblob(32), 0, ?3, NULL)");
    sqlite3_stmt *insert_reply = prepare("INSERT INTO store_reply VALUES (?, 1795563714, ?)");
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");

    sqlite3_int64 written = 0;
    double began = seconds(), took = 0;
    for (sqlite3_int64 number = 1; took < limit; number++) {
        step(begin);
        for (int row = 0; row < group; row++) {
            written++;
            sqlite3_bind_int64(insert_deadline, 1, written);
            for (int column = 1; column < columns; column++)
                sqlite3_bind_value(insert_deadline, column + 1, values[row * columns + column]);
            step(insert_deadline);
            unsigned char id[16];
            put_id(id, written);
            sqlite3_bind_blob(insert_request, 1, id, sizeof id, SQLITE_STATIC);
            sqlite3_bind_int64(insert_request, 2, number);
            sqlite3_bind_int64(insert_request, 3, row * reply_bytes / group);
            step(insert_request);
        }
        sqlite3_bind_int64(insert_journal, 1, number);
        sqlite3_bind_int64(insert_journal, 2, written);
        sqlite3_bind_blob(insert_journal, 3, bytes, audit_bytes, SQLITE_STATIC);
        step(insert_journal);
        sqlite3_bind_int64(insert_reply, 1, number);
        sqlite3_bind_blob(insert_reply, 2, bytes, reply_bytes, SQLITE_STATIC);
        step(insert_reply);
        step(commit);
        took = seconds() - began;
    }
    printf("{\"rows\":%lld,\"seconds\":%.3f,\"perSecond\":%.0f}\n", (long long)written, took,
           (double)written / took);
    return 0;
}
