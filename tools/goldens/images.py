"""Goldens of dfkd/images: picture files, and what Pillow makes of them.

    python tools/goldens/images.py

Needs Pillow 13, numpy and safetensors. Writes dfkd/images/testdata/images.safetensors:
  NAME.file [bytes], NAME.rgb [3, H, W] and NAME.grey [1, H, W] uint8: Image.open(file).convert(mode)
  resize.input [3, H, W]; resize.FILTER.HxW, crop.FILTER.SHORTER.HxW, nearest.HxW: what becomes of it
and the seeds of the fuzzer's corpus, dfkd/images/fuzz/corpus/images: some of these files, and some that
demand much of a reader. PNG files are put together here, as Pillow writes few of their kinds.
"""

import io
import pathlib
import struct
import zlib

import numpy
from PIL import Image
from safetensors.numpy import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/images"

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def picture(height, width, channels=3):
    """Smooth shapes under some noise. [H, W, C] uint8."""
    y, x = numpy.mgrid[0:height, 0:width]
    noise = numpy.random.default_rng(height * 1000 + width)
    planes = [
        127 + 70 * numpy.sin(x / (5 + c) + c) + 50 * numpy.cos(y / (4 + c)) + noise.normal(0, 12, (height, width))
        for c in range(channels)
    ]
    return numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_rows(samples, depth):
    """samples [H, W, S] -> rows, each behind its filter byte 0, as they are compressed."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(numpy.uint8).tobytes()
        else:
            bits = (row[:, None].astype(int) >> numpy.arange(depth - 1, -1, -1)) & 1
            packed = numpy.packbits(bits.astype(numpy.uint8).reshape(-1)).tobytes()
        rows += b"\0" + packed
    return rows


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(samples, depth, kind, extra=b"", interlaced=False, claim=None):
    height, width = claim or samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    if interlaced:
        passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7]
        data = b"".join(pack_rows(part, depth) for part in passes if part.size > 0)
    else:
        data = pack_rows(samples, depth)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(data, 9))
        + chunk(b"IEND", b"")
    )


def png_files():
    files = {}
    random = numpy.random.default_rng(0)
    for kind, depths in {
        GREY: (1, 2, 4, 8, 16),
        RGB: (8, 16),
        PALETTE: (1, 2, 4, 8),
        GREY_ALPHA: (8, 16),
        RGBA: (8, 16),
    }.items():
        for depth in depths:
            samples = random.integers(0, 2**depth, (11, 13, SAMPLES[kind]))
            if kind == GREY and depth == 16:
                samples[:3] //= 128  # values around 255 too
            extra = b""
            if kind == PALETTE:
                colors = min(2**depth, 200)  # of 8 bits: indices beyond the palette
                extra = chunk(b"PLTE", random.integers(0, 256, 3 * colors).astype(numpy.uint8).tobytes())
            name = f"png_{ {GREY: 'grey', RGB: 'rgb', PALETTE: 'palette', GREY_ALPHA: 'grey_alpha', RGBA: 'rgba'}[kind] }{depth}"
            files[name] = png(samples, depth, kind, extra)
            files[name + "_interlaced"] = png(samples, depth, kind, extra, interlaced=True)
    samples = random.integers(0, 256, (5, 7, 3))
    files["png_transparent_color"] = png(samples, 8, RGB, chunk(b"tRNS", struct.pack(">HHH", *samples[2, 2])))
    files["png_gamma"] = png(
        samples, 8, RGB, chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sBIT", b"\5\6\5")
    )
    two = chunk(b"PLTE", bytes([200, 30, 60, 5, 250, 9])) + chunk(b"tRNS", b"\0\x80")
    files["png_transparent_palette"] = png(random.integers(0, 2, (5, 7, 1)), 8, PALETTE, two)
    files["png_one_pixel"] = png(samples[:1, :1], 8, RGB)
    return files


def jpeg(pixels, mode="RGB", **options):
    out = io.BytesIO()
    Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[:, :, 0], mode).save(out, "JPEG", **options)
    return out.getvalue()


def jpeg_files():
    odd = picture(37, 29)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    surplus = jpeg(odd, quality=80)
    surplus = surplus[:-2] + b"\0\0\0" + surplus[-2:]
    return {
        "jpeg_444": jpeg(odd, quality=90, subsampling=0),
        "jpeg_422": jpeg(odd, quality=75, subsampling=1),
        "jpeg_420": jpeg(odd, quality=75, subsampling=2),
        "jpeg_420_even": jpeg(picture(48, 64), quality=60, subsampling=2),
        "jpeg_coarse": jpeg(odd, quality=5),
        "jpeg_progressive": jpeg(odd, quality=85, progressive=True),
        "jpeg_progressive_444": jpeg(odd, quality=85, subsampling=0, progressive=True, optimize=True),
        "jpeg_restarts": jpeg(odd, quality=70, restart_marker_blocks=2),
        "jpeg_grey": jpeg(picture(21, 34, 1), "L", quality=75),
        "jpeg_rgb_kept": jpeg(odd, quality=85, keep_rgb=True),
        "jpeg_cmyk": jpeg(picture(21, 34, 4), "CMYK", quality=85),
        "jpeg_turned": jpeg(odd, quality=85, exif=exif),
        "jpeg_surplus_bytes": surplus,
        "jpeg_one_pixel": jpeg(odd[:1, :1]),
    }


def ycck():
    """The CMYK file with the marker that says YCCK."""
    data = bytearray(jpeg(picture(21, 34, 4), "CMYK", quality=85))
    at = data.index(b"Adobe")
    data[at + 11] = 2
    return bytes(data)


def planes(image):
    array = numpy.asarray(image)
    return numpy.ascontiguousarray(array[None] if array.ndim == 2 else array.transpose(2, 0, 1))


def resize(image, size, how):
    """Rows first. Pillow 13 begins with the columns where those shrink much more; none before it does."""
    return image.resize((size[0], image.size[1]), how).resize(size, how)


def resized(tensors):
    pixels = picture(53, 37)
    tensors["resize.input"] = planes(Image.fromarray(pixels))
    image = Image.fromarray(pixels)
    for name, how in {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}.items():
        for height, width in [(16, 16), (64, 64), (53, 20), (20, 37), (106, 5), (1, 1), (54, 36), (7, 111)]:
            tensors[f"resize.{name}.{height}x{width}"] = planes(resize(image, (width, height), how))
        for turned in (False, True):
            for shorter, height, width in [(32, 28, 28), (33, 28, 28), (40, 32, 32), (24, 24, 17), (37, 37, 37)]:
                source = image.transpose(Image.Transpose.ROTATE_90) if turned else image
                # torchvision's Resize and CenterCrop.
                w, h = source.size
                short, long = (w, h) if w <= h else (h, w)
                new_long = int(shorter * long / short)
                size = (shorter, new_long) if w <= h else (new_long, shorter)
                whole = resize(source, size, how)
                top = int(round((whole.size[1] - height) / 2.0))
                left = int(round((whole.size[0] - width) / 2.0))
                crop = whole.crop((left, top, left + width, top + height))
                side = "wide" if turned else "tall"
                tensors[f"crop.{name}.{side}.{shorter}.{height}x{width}"] = planes(crop)
    for height, width in [(16, 16), (64, 64), (53, 20), (106, 5), (1, 1), (54, 36), (7, 111)]:
        tensors[f"nearest.{height}x{width}"] = planes(image.resize((width, height), Image.Resampling.NEAREST))


def frame_header(data, height, width):
    """A JPEG file that says it has this size."""
    for marker in (b"\xff\xc0", b"\xff\xc2"):
        at = data.find(marker)
        if at >= 0:
            return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]
    raise ValueError("no frame")


def hostile(files):
    progressive = jpeg(picture(8, 8), quality=50, progressive=True)
    start = progressive.index(b"\xff\xda")
    scan_end = progressive.index(b"\xff", start + 2)
    scan = progressive[start:scan_end]
    black = numpy.zeros((1, 1, 1), int)
    return {
        "png_claims_all": png(black, 8, GREY, claim=(60000, 60000)),
        "png_claims_much": png(black, 16, RGBA, claim=(2048, 2200)),
        "png_claims_much_interlaced": png(black, 16, RGBA, interlaced=True, claim=(2048, 2200)),
        "png_text": png(black, 8, GREY, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(400000), 9))),
        "png_profile": png(black, 8, GREY, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(400000), 9))),
        "png_wrong_checksum": files["png_grey8"][:-20] + bytes(4) + files["png_grey8"][-16:],
        "png_cut": files["png_rgba16_interlaced"][:200],
        "jpeg_claims_all": frame_header(jpeg(picture(8, 8), quality=50), 65500, 65500),
        "jpeg_claims_much": frame_header(jpeg(picture(8, 8), quality=50), 2048, 2150),
        "jpeg_claims_much_progressive": frame_header(progressive, 2048, 2150),
        "jpeg_claims_much_cmyk": frame_header(
            jpeg(picture(8, 8, 4), "CMYK", quality=50, progressive=True), 2048, 2150
        ),
        "jpeg_many_scans": progressive[:start] + 120 * scan + progressive[start:],
        "jpeg_cut": files["jpeg_420"][:-300],
    }


def main():
    (ROOT / "testdata").mkdir(exist_ok=True)
    files = png_files() | jpeg_files() | {"jpeg_ycck": ycck()}
    tensors = {}
    for name, data in files.items():
        tensors[name + ".file"] = numpy.frombuffer(data, numpy.uint8)
        tensors[name + ".rgb"] = planes(Image.open(io.BytesIO(data)).convert("RGB"))
        tensors[name + ".grey"] = planes(Image.open(io.BytesIO(data)).convert("L"))
    resized(tensors)
    save_file(tensors, ROOT / "testdata/images.safetensors")

    corpus = ROOT / "fuzz/corpus/images"
    corpus.mkdir(parents=True, exist_ok=True)
    chosen = ["png_grey1", "png_grey16_interlaced", "png_palette4", "png_rgba8", "jpeg_420", "jpeg_progressive"]
    chosen += ["jpeg_grey", "jpeg_cmyk", "jpeg_ycck", "jpeg_restarts"]
    for name, data in ({name: files[name] for name in chosen} | hostile(files)).items():
        (corpus / name).write_bytes(data)


if __name__ == "__main__":
    main()
