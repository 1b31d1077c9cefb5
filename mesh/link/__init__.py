"""Unary calls over one long-lived stream per address, instead of one HTTP/2 stream per call.

Setting up and tearing down a call is most of what a unary call of grpc.aio costs; a frame on a stream that
stands costs about a third. `caller` is the side that calls, `server` the side that answers, `pool` holds one
link per address.
"""
