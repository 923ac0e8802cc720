"""Puts a comment on the queue of a running cluster: python3 comment.py STREAM USER TEXT. Needs `pip install pika`."""
import os, sys, uuid, zlib
import pika

PARTITIONS = int(os.environ.get("OVATION_PARTITIONS", "16"))  # as the nodes have it


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, value):  # a string or a message, in protobuf's wire format
    return varint(number << 3 | 2) + varint(len(value)) + value


stream, user, text = (argument.encode() for argument in sys.argv[1:4])
request = field(1, stream) + field(2, user) + field(3, text) + field(4, uuid.uuid4().hex.encode())
item = field(1, b"ovation.live.Comments") + field(2, b"Comment") + field(3, request)
queue = f"ovation.comments.normal.{zlib.crc32(stream) % PARTITIONS}"  # the lane is in lower case

connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URI"]))
channel = connection.channel()
channel.confirm_delivery()  # basic_publish returns once the item is durable, or raises
channel.basic_publish("", queue, item, pika.BasicProperties(delivery_mode=2), mandatory=True)
connection.close()
