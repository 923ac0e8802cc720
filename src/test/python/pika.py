"""Stands in for the client library pika: prints what would be published."""


class BlockingConnection:
    confirms = False

    def __init__(self, parameters):
        assert parameters.startswith("amqp://")

    def channel(self):
        return self

    def confirm_delivery(self):
        self.confirms = True

    def basic_publish(self, exchange, routing_key, body, properties, mandatory):
        assert exchange == "" and mandatory and self.confirms and properties == {"delivery_mode": 2}
        print(routing_key, body.hex())

    def close(self):
        pass


def URLParameters(uri):
    return uri


def BasicProperties(**properties):
    return properties
