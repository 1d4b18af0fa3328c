// Plain SQLite doing what an Arm leaves on the disk, and nothing else: the peer of durable Arm.
//
// From a store that banjied has filled by Arm alone it takes the schema, and for each table whether
// it got a row a deadline or a row a commit. It writes the same again, in groups, each group one
// transaction (WAL, synchronous = FULL), by prepared statements: the rows of deadlines with new
// keys, and for a commit's rows blobs as long as the template's are for so many deadlines.
//
// Then the deadlines so written end, for as long again: an update of each one's row by its key, in the
// order in which they were written, and of the index by which it was found.
//
// usage: sqlite_commit TEMPLATE PATH GROUP SECONDS [split]      PATH must not exist
//
// With `split` a group is made durable as one blob, in a database beside PATH, and a second thread
// brings the rows of deadlines into PATH behind it, all that wait in one transaction; what is
// written once a commit stays in the blob. So far apart as `lag_most` groups both wait for each other.
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { columns_most = 64, tables_most = 64, lag_most = 64 };

// The database that the calling thread works on.
static _Thread_local sqlite3 *database;
static unsigned char filler[1 << 20];

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

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(void) { return seconds_of(CLOCK_MONOTONIC); }

// The processor time of the calling thread.
static double processor_seconds(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

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

// A table of the template, and the statement that fills ours.
struct table {
    const char *name;
    int per_deadline;
    int columns;
    int is_key[columns_most];
    int blob_bytes[columns_most];
    sqlite3_value **values;  // `group` rows of the template, or one
    sqlite3_stmt *insert;
};

static struct table tables[tables_most];
static int table_count;

static void put_id(unsigned char id[16], sqlite3_int64 value) {
    for (int byte = 0; byte < 8; byte++) {
        id[byte] = 0x18;
        id[8 + byte] = (unsigned char)(value >> (56 - 8 * byte));
    }
}

static double number_of(const char *format, const char *name, const char *column) {
    char *sql = sqlite3_mprintf(format, column, name);
    double value = number(sql);
    sqlite3_free(sql);
    return value;
}

static void study(const char *name, double armed, int group) {
    double rows = number_of("SELECT count(%s) FROM template.\"%w\"", name, "*");
    // What came once, at the store's making, isn't what an Arm leaves.
    if (rows < 2 || strcmp(name, "store_schema") == 0) return;
    if (table_count == tables_most) fail("more tables than expected");
    struct table *table = &tables[table_count++];
    table->name = name;
    table->per_deadline = rows > armed / 2;

    char *sql = sqlite3_mprintf("SELECT * FROM template.\"%w\" LIMIT %d", name,
                                table->per_deadline ? group : 1);
    sqlite3_stmt *select = prepare(sql);
    sqlite3_free(sql);
    table->columns = sqlite3_column_count(select);
    if (table->columns > columns_most) fail("more columns than expected");
    table->values = calloc((size_t)group * columns_most, sizeof *table->values);
    if (!table->values) exit(1);
    for (int row = 0; sqlite3_step(select) == SQLITE_ROW; row++)
        for (int column = 0; column < table->columns; column++)
            table->values[row * table->columns + column] =
                sqlite3_value_dup(sqlite3_column_value(select, column));
    sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES (?", name);
    for (int column = 0; column < table->columns; column++) {
        const char *title = sqlite3_column_name(select, column);
        char *question = sqlite3_mprintf(
            "SELECT pk > 0 FROM pragma_table_info(%Q, 'template') WHERE name = %Q", name, title);
        table->is_key[column] = (int)number(question);
        sqlite3_free(question);
        double bytes = number_of("SELECT total(length(\"%w\")) FROM template.\"%w\"", name, title);
        table->blob_bytes[column] = (int)(bytes / armed * group);
        if (column > 0) sql = sqlite3_mprintf("%z,?", sql);
    }
    sql = sqlite3_mprintf("%z)", sql);
    sqlite3_finalize(select);
    table->insert = prepare(sql);
    sqlite3_free(sql);
}

// Writes a row: `serial` is new for each row of the table.
static void write_row(struct table *table, int row, sqlite3_int64 serial) {
    for (int column = 0; column < table->columns; column++) {
        sqlite3_value *value = table->values[row * table->columns + column];
        int type = sqlite3_value_type(value), place = column + 1;
        int renews = table->is_key[column] || !table->per_deadline;
        if (renews && type == SQLITE_INTEGER) {
            sqlite3_bind_int64(table->insert, place, serial);
        } else if (table->is_key[column] && type == SQLITE_BLOB) {
            unsigned char id[16];
            put_id(id, serial);
            sqlite3_bind_blob(table->insert, place, id, sizeof id, SQLITE_TRANSIENT);
        } else if (renews && type == SQLITE_BLOB && table->blob_bytes[column] > 64) {
            sqlite3_bind_blob(table->insert, place, filler, table->blob_bytes[column],
                              SQLITE_STATIC);
        } else {
            sqlite3_bind_value(table->insert, place, value);
        }
    }
    step(table->insert);
}

// What the two threads of a split share.
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    sqlite3 *tables;
    int group, is_over;
    sqlite3_int64 durable, projected;  // groups
    double processor;                  // the projector's
} split = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *project(void *unused) {
    (void)unused;
    database = split.tables;
    run("PRAGMA synchronous = NORMAL");
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    pthread_mutex_lock(&split.mutex);
    for (;;) {
        while (split.projected == split.durable && !split.is_over)
            pthread_cond_wait(&split.changed, &split.mutex);
        sqlite3_int64 from = split.projected, to = split.durable;
        if (from == to) break;
        pthread_mutex_unlock(&split.mutex);
        step(begin);
        for (int index = 0; index < table_count; index++)
            if (tables[index].per_deadline)
                for (sqlite3_int64 row = from * split.group; row < to * split.group; row++)
                    write_row(&tables[index], (int)(row % split.group), row + 1);
        step(commit);
        pthread_mutex_lock(&split.mutex);
        split.projected = to;
        pthread_cond_signal(&split.changed);
    }
    pthread_mutex_unlock(&split.mutex);
    split.processor = processor_seconds();
    return NULL;
}

static void run_split(const char *path, int group, double limit) {
    double bytes = 0;
    for (int index = 0; index < table_count; index++)
        for (int column = 0; column < tables[index].columns; column++)
            bytes += tables[index].blob_bytes[column];
    split.tables = database;
    split.group = group;
    char *beside = sqlite3_mprintf("%s.journal", path);
    if (sqlite3_open(beside, &database) != SQLITE_OK) fail(beside);
    sqlite3_free(beside);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE journal (number INTEGER PRIMARY KEY, body BLOB)");
    sqlite3_stmt *insert = prepare("INSERT INTO journal VALUES (?, ?)"),
                 *forget = prepare("DELETE FROM journal WHERE number <= ?");
    pthread_t projector;
    pthread_create(&projector, NULL, project, NULL);
    double began = seconds(), processor = processor_seconds(), took = 0;
    sqlite3_int64 number = 0;
    while (took < limit) {
        sqlite3_bind_int64(insert, 1, ++number);
        sqlite3_bind_blob(insert, 2, filler, (int)bytes, SQLITE_STATIC);
        step(insert);
        pthread_mutex_lock(&split.mutex);
        split.durable = number;
        pthread_cond_signal(&split.changed);
        while (split.durable - split.projected > lag_most)
            pthread_cond_wait(&split.changed, &split.mutex);
        sqlite3_int64 projected = split.projected;
        pthread_mutex_unlock(&split.mutex);
        if (number % lag_most == 0) {
            sqlite3_bind_int64(forget, 1, projected - lag_most);
            step(forget);
        }
        took = seconds() - began;
    }
    processor = processor_seconds() - processor;
    pthread_mutex_lock(&split.mutex);
    split.is_over = 1;
    pthread_cond_signal(&split.changed);
    pthread_mutex_unlock(&split.mutex);
    pthread_join(projector, NULL);
    // With the rest that the projector brings in.
    took = seconds() - began;
    double rows = (double)(number * group);
    printf("{\"rows\":%.0f,\"seconds\":%.3f,\"perSecond\":%.0f,\"journalCpuUs\":%.2f,"
           "\"projectorCpuUs\":%.2f,\"bytes\":%.0f}\n",
           rows, took, rows / took, processor / rows * 1e6, split.processor / rows * 1e6,
           bytes / group);
}

static void report(const char *what, sqlite3_int64 rows, double took, double processor) {
    printf("\"%s\":{\"rows\":%lld,\"seconds\":%.3f,\"perSecond\":%.0f,\"cpuUs\":%.2f}", what,
           (long long)rows, took, (double)rows / took, processor / (double)rows * 1e6);
}

// Ends `armed` deadlines, from the first on.
static void fire(sqlite3_int64 armed, int group, double limit) {
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *update = prepare("UPDATE deadline SET state = 4, ended_at = ?1, expire_at = ?1,"
                                   " next_at = NULL, listed_due = NULL WHERE id = ?2");
    sqlite3_int64 fired = 0;
    double began = seconds(), processor = processor_seconds(), took = 0;
    while (fired < armed && took < limit) {
        step(begin);
        for (int row = 0; row < group && fired < armed; row++) {
            sqlite3_bind_int64(update, 1, 1777000000);
            sqlite3_bind_int64(update, 2, ++fired);
            step(update);
            if (sqlite3_changes(database) != 1) fail("a deadline that was written isn't there");
        }
        step(commit);
        took = seconds() - began;
    }
    report("fired", fired, took, processor_seconds() - processor);
}

int main(int argc, char **argv) {
    int is_split = argc == 6 && strcmp(argv[5], "split") == 0;
    int group = argc - is_split == 5 ? atoi(argv[3]) : 0;
    double limit = argc - is_split == 5 ? atof(argv[4]) : 0;
    if (group < 1 || group > 100000 || limit <= 0 || access(argv[2], F_OK) == 0) {
        fprintf(stderr, "usage: sqlite_commit TEMPLATE PATH GROUP SECONDS [split] "
                        "(PATH must not exist)\n");
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
    for (size_t byte = 0; byte < sizeof filler; byte++) filler[byte] = (unsigned char)rand();
    sqlite3_stmt *names =
        prepare("SELECT name FROM template.sqlite_schema WHERE type = 'table' ORDER BY name");
    while (sqlite3_step(names) == SQLITE_ROW)
        study(sqlite3_mprintf("%s", sqlite3_column_text(names, 0)), armed, group);
    sqlite3_finalize(names);
    run("DETACH template");
    for (int index = 0; index < table_count; index++)
        for (int column = 0; column < tables[index].columns; column++)
            if (tables[index].blob_bytes[column] > (int)sizeof filler)
                tables[index].blob_bytes[column] = (int)sizeof filler;

    if (is_split) {
        run_split(argv[2], group, limit);
        return 0;
    }
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_int64 written = 0;
    double began = seconds(), processor = processor_seconds(), took = 0;
    for (sqlite3_int64 number = 1; took < limit; number++) {
        step(begin);
        for (int index = 0; index < table_count; index++)
            if (tables[index].per_deadline)
                for (int row = 0; row < group; row++)
                    write_row(&tables[index], row, written + row + 1);
            else
                write_row(&tables[index], 0, number);
        step(commit);
        written += group;
        took = seconds() - began;
    }
    printf("{");
    report("armed", written, took, processor_seconds() - processor);
    printf(",");
    fire(written, group, limit);
    printf("}\n");
    return 0;
}
