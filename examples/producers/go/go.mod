module example.org/producer

go 1.24.0

require (
	github.com/rabbitmq/amqp091-go v1.16.0
	google.golang.org/protobuf v1.36.12
)
