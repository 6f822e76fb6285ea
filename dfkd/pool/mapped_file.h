// A file's bytes, read as memory.
#ifndef DFKD_POOL_MAPPED_FILE_H_
#define DFKD_POOL_MAPPED_FILE_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dfkd {

class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  // Maps the first `size` bytes of the file, which must hold that many and may grow meanwhile.
  absl::Status Map(const std::string& path, size_t size);

  // Empty before the first Map.
  absl::string_view bytes() const { return bytes_; }

 private:
  absl::string_view bytes_;
};

}  // namespace dfkd

#endif  // DFKD_POOL_MAPPED_FILE_H_
