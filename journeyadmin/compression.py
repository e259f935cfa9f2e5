"""Pages packed by Brotli where the browser takes it, which is everywhere over HTTPS: a fifth smaller than gzip at the same cost."""

import re
import secrets

import brotli
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

QUALITY = 5
_ACCEPTED = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?(?:,|\s|$))")


class Compression(GZipMiddleware):
    """Brotli for whole answers; gzip, as Django does it, for streams and for who takes nothing else."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        if (
            response.streaming
            or response.has_header("Content-Encoding")
            or len(response.content) < 200
            or not _ACCEPTED.search(request.headers.get("Accept-Encoding", ""))
        ):
            return super().process_response(request, response)  # type: ignore[return-value]
        patch_vary_headers(response, ("Accept-Encoding",))
        packed = padded(response.content, secrets.randbelow(self.max_random_bytes) + 1)
        response.content = packed
        response.headers["Content-Length"] = str(len(packed))
        response.headers["Content-Encoding"] = "br"
        if (etag := response.headers.get("ETag", "")).startswith('"'):
            # Packed anew each time, so the bytes differ though the content does not (RFC 9110, section 8.8.1).
            response.headers["ETag"] = f"W/{etag}"
        return response


def padded(content: bytes, padding: int) -> bytes:
    """The content in Brotli with 1 to 256 meaningless bytes in it, against https://breachattack.com

    They lie in a metadata block (RFC 7932, section 9.2), which every reader skips; after a flush the stream ends at a byte's end,
    so the block's head, whose bits are counted from the lowest, can be written whole.
    """
    encoder = brotli.Compressor(quality=QUALITY)
    body: bytes = encoder.process(content) + encoder.flush()
    # Not the last block (0), metadata (11), reserved (0), one byte of length (01), the length less one (8 bits).
    head = (0b01_0_11_0 | (padding - 1) << 6).to_bytes(2, "little")
    end: bytes = encoder.finish()
    return body + head + secrets.token_bytes(padding) + end
