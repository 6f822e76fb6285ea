#include "dfkd/pool/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

void Unmap(absl::string_view bytes) {
  if (!bytes.empty()) munmap(const_cast<char*>(bytes.data()), bytes.size());
}

}  // namespace

MappedFile::~MappedFile() { Unmap(bytes_); }

absl::Status MappedFile::Map(const std::string& path, size_t size) {
  if (size == 0) return absl::OkStatus();
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* const memory = fd < 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (memory == MAP_FAILED) {
    return StorageError(absl::StrCat("cannot map ", path, ": ", strerror(error)));
  }
  Unmap(bytes_);
  bytes_ = absl::string_view(static_cast<const char*>(memory), size);
  return absl::OkStatus();
}

}  // namespace dfkd
