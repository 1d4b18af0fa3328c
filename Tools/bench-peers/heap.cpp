// Two binary heaps as the peers of the timing wheel, over the same timers in the same order.
//
//   lazy     a heap of the standard library's functions: cancelling marks the id, and the entry
//            goes when it comes to the top, or when the heap is rebuilt because the dead are more
//            than the wheel allows too (as asyncio's loop does it)
//   indexed  an array heap that knows each id's place, so that cancelling removes the entry
//
// usage: heap lazy|indexed year|two COUNT
// Prints nanoseconds an operation: schedule (ids in order), cancel (all, in random order), fire
// (all, the clock going by the hour); and resident bytes a timer.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <vector>

namespace {

constexpr int64_t start = 1767196800;  // 2026-01-01T00:00:00 in Asia/Shanghai
constexpr int64_t year = 365 * 86400;

struct Timer {
    int64_t at;
    uint64_t id;
    bool operator<(const Timer &other) const {
        return at != other.at ? at < other.at : id < other.id;
    }
    bool operator>(const Timer &other) const { return other < *this; }
};

struct SplitMix {
    uint64_t state;
    uint64_t next() {
        uint64_t word = state += 0x9E3779B97F4A7C15;
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
};

class LazyHeap {
    std::vector<Timer> heap;
    std::vector<int64_t> armed;  // by id; 0 when not
    size_t count = 0;

    bool lives(const Timer &timer) const { return armed[timer.id] == timer.at; }
    void rebuild() {
        heap.erase(std::remove_if(heap.begin(), heap.end(),
                                  [&](const Timer &timer) { return !lives(timer); }),
                   heap.end());
        std::make_heap(heap.begin(), heap.end(), std::greater<Timer>());
    }

public:
    void schedule(uint64_t id, int64_t at) {
        if (id >= armed.size()) armed.resize(std::max<size_t>(id + 1, armed.size() * 2));
        armed[id] = at;
        count++;
        heap.push_back({at, id});
        std::push_heap(heap.begin(), heap.end(), std::greater<Timer>());
    }
    void cancel(uint64_t id) {
        if (id >= armed.size() || armed[id] == 0) return;
        armed[id] = 0;
        count--;
        if (heap.size() - count > count * 3 / 2 + 4096) rebuild();
    }
    size_t fire(int64_t now, std::vector<Timer> &due) {
        while (!heap.empty() && heap.front().at <= now) {
            Timer timer = heap.front();
            std::pop_heap(heap.begin(), heap.end(), std::greater<Timer>());
            heap.pop_back();
            if (!lives(timer)) continue;
            armed[timer.id] = 0;
            count--;
            due.push_back(timer);
        }
        return due.size();
    }
};

class IndexedHeap {
    std::vector<Timer> heap;
    std::vector<uint32_t> places;  // by id: place + 1, 0 when not armed

    void put(size_t place, Timer timer) {
        heap[place] = timer;
        places[timer.id] = uint32_t(place + 1);
    }
    void rise(size_t place, Timer timer) {
        while (place > 0) {
            size_t parent = (place - 1) / 2;
            if (!(timer < heap[parent])) break;
            put(place, heap[parent]);
            place = parent;
        }
        put(place, timer);
    }
    void sink(size_t place, Timer timer) {
        for (;;) {
            size_t child = 2 * place + 1;
            if (child >= heap.size()) break;
            if (child + 1 < heap.size() && heap[child + 1] < heap[child]) child++;
            if (!(heap[child] < timer)) break;
            put(place, heap[child]);
            place = child;
        }
        put(place, timer);
    }
    void remove(size_t place) {
        places[heap[place].id] = 0;
        Timer last = heap.back();
        heap.pop_back();
        if (place == heap.size()) return;
        if (place > 0 && last < heap[(place - 1) / 2])
            rise(place, last);
        else
            sink(place, last);
    }

public:
    void schedule(uint64_t id, int64_t at) {
        if (id >= places.size()) places.resize(std::max<size_t>(id + 1, places.size() * 2));
        heap.push_back({at, id});
        rise(heap.size() - 1, {at, id});
    }
    void cancel(uint64_t id) {
        if (places[id]) remove(places[id] - 1);
    }
    size_t fire(int64_t now, std::vector<Timer> &due) {
        while (!heap.empty() && heap[0].at <= now) {
            due.push_back(heap[0]);
            remove(0);
        }
        return due.size();
    }
};

double seconds() {
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

size_t resident() {
    size_t size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%zu %zu", &size, &pages) != 2) abort();
    fclose(file);
    return pages * size_t(sysconf(_SC_PAGESIZE));
}

template <typename Heap>
void measure(const char *name, const char *instants, uint64_t count) {
    SplitMix random{count};
    std::vector<int64_t> at(count);
    for (auto &instant : at) {
        uint64_t word = random.next();
        instant = strcmp(instants, "year") == 0
                      ? start + int64_t(word % year)
                      : start + int64_t(word % 365) * 86400 + int64_t(word >> 32 & 1) * 32400;
    }
    std::vector<uint64_t> order(count);
    for (uint64_t id = 0; id < count; id++) order[id] = id;
    for (uint64_t id = count; id > 1; id--) std::swap(order[id - 1], order[random.next() % id]);

    size_t before = resident();
    auto heap = new Heap;
    double began = seconds();
    for (uint64_t id = 0; id < count; id++) heap->schedule(id, at[id]);
    double schedule = seconds() - began;
    size_t bytes = resident() - before;

    size_t fired = 0;
    std::vector<Timer> due;
    began = seconds();
    for (int64_t now = start; now <= start + year; now += 3600) {
        due.clear();
        fired += heap->fire(now, due);
    }
    double fire = seconds() - began;
    if (fired != count) abort();
    delete heap;

    heap = new Heap;
    for (uint64_t id = 0; id < count; id++) heap->schedule(id, at[id]);
    began = seconds();
    for (uint64_t id : order) heap->cancel(id);
    double cancel = seconds() - began;
    due.clear();
    if (heap->fire(start + year, due) != 0) abort();
    delete heap;

    double each = 1e9 / double(count);
    printf("{\"name\":\"%s\",\"instants\":\"%s\",\"count\":%llu,\"scheduleNs\":%.2f,"
           "\"cancelNs\":%.2f,\"fireNs\":%.2f,\"bytesEach\":%.1f}\n",
           name, instants, (unsigned long long)count, schedule * each, cancel * each, fire * each,
           double(bytes) / double(count));
}

}  // namespace

int main(int argc, char **argv) {
    long long count = argc == 4 ? atoll(argv[3]) : 0;
    if (count < 1 || count > 100000000 || (strcmp(argv[2], "year") && strcmp(argv[2], "two"))) {
        fprintf(stderr, "usage: heap lazy|indexed year|two COUNT\n");
        return 2;
    }
    if (strcmp(argv[1], "lazy") == 0)
        measure<LazyHeap>("lazy", argv[2], uint64_t(count));
    else
        measure<IndexedHeap>("indexed", argv[2], uint64_t(count));
}
