// Puts a comment on the queue of a running cluster: go run . STREAM USER TEXT
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log"
	"os"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

// partitions is how many the nodes have: OVATION_PARTITIONS, or their default.
func partitions() uint32 {
	count, err := strconv.ParseUint(os.Getenv("OVATION_PARTITIONS"), 10, 32)
	if err != nil || count == 0 {
		return 16
	}
	return uint32(count)
}

// field appends a string or a message in protobuf's wire format.
func field(to []byte, number uint64, value string) []byte {
	to = binary.AppendUvarint(to, number<<3|2)
	return append(binary.AppendUvarint(to, uint64(len(value))), value...)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	stream, user, text := os.Args[1], os.Args[2], os.Args[3]
	request := field(field(field(nil, 1, stream), 2, user), 3, text) // without an id the server makes one
	item := field(field(field(nil, 1, "ovation.live.Comments"), 2, "Comment"), 3, string(request))
	queue := fmt.Sprintf("ovation.comments.normal.%d", crc32.ChecksumIEEE([]byte(stream))%partitions())

	connection := must(amqp.Dial(os.Getenv("RABBITMQ_URI")))
	defer connection.Close()
	channel := must(connection.Channel())
	if err := channel.Confirm(false); err != nil {
		log.Fatal(err)
	}
	returned := channel.NotifyReturn(make(chan amqp.Return, 1))
	message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: item}
	confirm := must(channel.PublishWithDeferredConfirmWithContext(context.Background(), "", queue, true, false, message))
	if !confirm.Wait() || len(returned) > 0 { // the item is durable once it is confirmed
		log.Fatal("the broker did not take the item: does the queue ", queue, " exist?")
	}
}
