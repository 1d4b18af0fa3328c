// gRPC's C++ library answering a unary call with what it carried, and driving such a server: the RPC peer of
// Diagnostics.Echo. Both sides use the library's callback interface.
//
// usage: grpc_echo serve            prints "ready listen=127.0.0.1:PORT"; ends by SIGTERM
//        grpc_echo load HOST:PORT CONNECTIONS IN_FLIGHT PAYLOAD SECONDS PID
#include <grpcpp/grpcpp.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "echo.grpc.pb.h"

using Clock = std::chrono::steady_clock;

class Service final : public peer::Echo::CallbackService {
    grpc::ServerUnaryReactor *Call(grpc::CallbackServerContext *context, const peer::Payload *request,
                                   peer::Payload *reply) override {
        reply->set_content(request->content());
        auto *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};

static int serve() {
    Service service;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    auto server = builder.BuildAndStart();
    if (!server) return 1;
    printf("ready listen=127.0.0.1:%d\n", port);
    fflush(stdout);
    server->Wait();
    return 0;
}

// One of the callers: it begins its next call when the last one has ended.
struct Caller {
    peer::Echo::Stub *stub;
    peer::Payload request, reply;
    std::unique_ptr<grpc::ClientContext> context;
    Clock::time_point begun;
    std::vector<double> microseconds;
};

static std::atomic<bool> counting{false}, over{false};
static std::atomic<int> running{0};

static void call(Caller *caller) {
    caller->context = std::make_unique<grpc::ClientContext>();
    caller->begun = Clock::now();
    caller->stub->async()->Call(caller->context.get(), &caller->request, &caller->reply,
                                [caller](grpc::Status status) {
        if (!status.ok() || caller->reply.content() != caller->request.content()) {
            fprintf(stderr, "grpc_echo: %s\n", status.error_message().c_str());
            exit(1);
        }
        if (counting) {
            std::chrono::duration<double, std::micro> took = Clock::now() - caller->begun;
            caller->microseconds.push_back(took.count());
        }
        if (over) running--;
        else call(caller);
    });
}

static double processor_seconds(const char *pid) {
    std::string path = std::string("/proc/") + pid + "/stat";
    FILE *file = fopen(path.c_str(), "r");
    long user = 0, system = 0;
    if (!file || fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system) != 2)
        exit(1);
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int load(char **arguments) {
    const int connections = atoi(arguments[1]), in_flight = atoi(arguments[2]), seconds = atoi(arguments[4]);
    std::vector<std::unique_ptr<peer::Echo::Stub>> stubs;
    std::vector<std::unique_ptr<Caller>> callers;
    for (int number = 0; number < connections; number++) {
        grpc::ChannelArguments options;
        // Else all channels to one address share a connection.
        options.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        stubs.push_back(peer::Echo::NewStub(
            grpc::CreateCustomChannel(arguments[0], grpc::InsecureChannelCredentials(), options)));
        for (int place = 0; place < in_flight; place++) {
            auto caller = std::make_unique<Caller>();
            caller->stub = stubs.back().get();
            caller->request.set_content(std::string(atoi(arguments[3]), 'x'));
            callers.push_back(std::move(caller));
        }
    }
    running = connections * in_flight;
    for (auto &caller : callers) call(caller.get());
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(1000, seconds * 100)));
    const double before = processor_seconds(arguments[5]);
    const auto begun = Clock::now();
    counting = true;
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    counting = false;
    const std::chrono::duration<double> took = Clock::now() - begun;
    const double processor = processor_seconds(arguments[5]) - before;
    over = true;
    while (running > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::vector<double> all;
    for (auto &caller : callers) all.insert(all.end(), caller->microseconds.begin(), caller->microseconds.end());
    if (all.empty()) return 1;
    std::sort(all.begin(), all.end());
    printf("{\"perSecond\": %.1f, \"p50Us\": %.1f, \"p99Us\": %.1f, \"serverCpuUs\": %.3f}\n",
           (double)all.size() / took.count(), all[all.size() / 2], all[all.size() * 99 / 100],
           processor * 1e6 / (double)all.size());
    return 0;
}

int main(int count, char **arguments) {
    if (count == 2 && std::string(arguments[1]) == "serve") return serve();
    if (count == 8 && std::string(arguments[1]) == "load") return load(arguments + 2);
    fprintf(stderr, "usage: grpc_echo serve | grpc_echo load HOST:PORT CONNECTIONS IN_FLIGHT PAYLOAD SECONDS PID\n");
    return 2;
}
