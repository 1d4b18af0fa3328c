// ttrpc, the lean RPC library of containerd, answering a unary call with what it carried, and driving such a
// server: the other RPC peer of Diagnostics.Echo.
//
// usage: ttrpc_echo serve            prints "ready listen=127.0.0.1:PORT"; ends by SIGTERM
//
//	ttrpc_echo load HOST:PORT CONNECTIONS IN_FLIGHT PAYLOAD SECONDS PID
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/ttrpc"
	"github.com/gogo/protobuf/types"
)

const service = "peer.Echo"

func serve() {
	server, err := ttrpc.NewServer()
	if err != nil {
		log.Fatal(err)
	}
	server.Register(service, map[string]ttrpc.Method{
		"Call": func(_ context.Context, unmarshal func(interface{}) error) (interface{}, error) {
			var request types.BytesValue
			if err := unmarshal(&request); err != nil {
				return nil, err
			}
			return &types.BytesValue{Value: request.Value}, nil
		},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready listen=%s\n", listener.Addr())
	log.Fatal(server.Serve(context.Background(), listener))
}

func processorSeconds(pid string) float64 {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		log.Fatal(err)
	}
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	// USER_HZ is 100 wherever Linux runs.
	return (user + system) / 100
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func load(address string, connections, inFlight, payload, seconds int, pid string) {
	var counting, over atomic.Bool
	var waiting sync.WaitGroup
	results := make([][]float64, connections*inFlight)
	for connection := 0; connection < connections; connection++ {
		socket, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		client := ttrpc.NewClient(socket)
		for place := 0; place < inFlight; place++ {
			waiting.Add(1)
			go func(caller int) {
				defer waiting.Done()
				request := &types.BytesValue{Value: bytes.Repeat([]byte{'x'}, payload)}
				for !over.Load() {
					var reply types.BytesValue
					begun := time.Now()
					if err := client.Call(context.Background(), service, "Call", request, &reply); err != nil {
						log.Fatal(err)
					}
					if !bytes.Equal(reply.Value, request.Value) {
						log.Fatal("a wrong answer")
					}
					if counting.Load() {
						took := float64(time.Since(begun).Nanoseconds()) / 1000
						results[caller] = append(results[caller], took)
					}
				}
			}(connection*inFlight + place)
		}
	}
	warmUp := time.Duration(seconds) * 100 * time.Millisecond
	if warmUp > time.Second {
		warmUp = time.Second
	}
	time.Sleep(warmUp)
	before, begun := processorSeconds(pid), time.Now()
	counting.Store(true)
	time.Sleep(time.Duration(seconds) * time.Second)
	counting.Store(false)
	took, processor := time.Since(begun).Seconds(), processorSeconds(pid)-before
	over.Store(true)
	waiting.Wait()
	var all []float64
	for _, result := range results {
		all = append(all, result...)
	}
	if len(all) == 0 {
		log.Fatal("no call was answered")
	}
	sort.Float64s(all)
	fmt.Printf("{\"perSecond\": %.1f, \"p50Us\": %.1f, \"p99Us\": %.1f, \"serverCpuUs\": %.3f}\n",
		float64(len(all))/took, all[len(all)/2], all[len(all)*99/100], processor*1e6/float64(len(all)))
}

func main() {
	switch arguments := os.Args[1:]; {
	case len(arguments) == 1 && arguments[0] == "serve":
		serve()
	case len(arguments) == 7 && arguments[0] == "load":
		load(arguments[1], number(arguments[2]), number(arguments[3]), number(arguments[4]), number(arguments[5]),
			arguments[6])
	default:
		log.Fatal("usage: ttrpc_echo serve | ttrpc_echo load HOST:PORT CONNECTIONS IN_FLIGHT PAYLOAD SECONDS PID")
	}
}
