"""What anybody may have put into a queue, and is no valid message."""

INVALID_MESSAGES = [
    b"",
    b"no JSON",
    b"1, 2",
    b"null",
    b"[]",
    b'"text"',
    b"17",
    b"{}",
    b'{"properties": null}',
    b'{"properties": []}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base64"}, "body": "A"}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base65"}, "body": "AAAA"}',
    b'{"properties": {"delivery_tag": "x"}, "headers": {"a": {"__type__": "decimal", "__value__": "b"}}}',
    b'{"properties": {"delivery_tag": "x"}, "headers": {"a": {"__type__": "what", "__value__": "b"}}}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base64"}, "body": 17}',
    b"\xff\xfe",
    b"[" * 5000 + b"]" * 5000,
]
