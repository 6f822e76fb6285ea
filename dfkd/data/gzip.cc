#include "dfkd/data/gzip.h"

#include <zlib.h>

#include <limits>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, int64_t max_bytes,
                                   absl::string_view path) {
  const auto error = [&](absl::string_view what) {
    return InputFileError(absl::StrCat(path, ": ", what));
  };
  if (bytes.size() > std::numeric_limits<uInt>::max()) return error("gzip file of 4 GB or more");
  z_stream stream = {};
  constexpr int kGzipOnly = 16;
  CHECK_EQ(inflateInit2(&stream, kGzipOnly + MAX_WBITS), Z_OK);
  const auto end = absl::MakeCleanup([&] { inflateEnd(&stream); });
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());

  std::string content;
  int code = Z_OK;
  while (code == Z_OK) {
    char block[1 << 16];
    stream.next_out = reinterpret_cast<Bytef*>(block);
    stream.avail_out = sizeof(block);
    code = inflate(&stream, Z_NO_FLUSH);
    content.append(block, sizeof(block) - stream.avail_out);
    if (static_cast<int64_t>(content.size()) > max_bytes) {
      return error(absl::StrCat("unpacks to more than ", max_bytes, " bytes"));
    }
  }
  if (code == Z_BUF_ERROR) return error("the gzip file ends too soon");
  if (code != Z_STREAM_END) {
    return error(
        absl::StrCat("damaged gzip file: ", stream.msg != nullptr ? stream.msg : zError(code)));
  }
  if (stream.avail_in != 0) {
    return error(absl::StrCat(stream.avail_in, " bytes follow the end of the gzip file"));
  }
  return content;
}

}  // namespace dfkd
