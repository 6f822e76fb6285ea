// The binary version of CIFAR-10 and CIFAR-100: files of records without any header.
//
// A record is the label bytes (CIFAR-10: one; CIFAR-100: the coarse label, then the fine one) and
// 3,072 bytes of pixels: 32 x 32 red ones row by row, then green, then blue.
#ifndef DFKD_DATA_CIFAR_FILES_H_
#define DFKD_DATA_CIFAR_FILES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

inline constexpr int64_t kCifarSize = 32;
inline constexpr int64_t kCifarChannels = 3;
inline constexpr int64_t kCifarPixels = kCifarChannels * kCifarSize * kCifarSize;

// One of the two sets, as its authors publish it.
struct CifarFormat {
  std::string name;                      // "CIFAR-10"
  std::string archive;                   // "cifar-10-binary.tar.gz"
  std::string archive_md5;               // as on the set's page
  std::vector<std::string> train_files;  // in the archive's one folder
  std::string test_file;
  // The largest value of each label byte plus one; the last is the class.
  std::vector<int64_t> label_limits;

  int64_t record_bytes() const { return static_cast<int64_t>(label_limits.size()) + kCifarPixels; }
};

struct CifarImages {
  at::Tensor images;  // [N, 3, 32, 32] uint8
  at::Tensor labels;  // [N] int64
};

// The records of one file's bytes. InputFileError with path and record for a size that is not a
// positive number of whole records, or a label out of range.
absl::StatusOr<CifarImages> ParseCifar(absl::string_view bytes, const CifarFormat& format,
                                       absl::string_view path);

// The records of `files` in `folder`, one after the other. A missing file's error says which it is,
// where it belongs and how to get it.
absl::StatusOr<CifarImages> ReadCifar(const std::string& folder,
                                      const std::vector<std::string>& files,
                                      const CifarFormat& format);

}  // namespace dfkd

#endif  // DFKD_DATA_CIFAR_FILES_H_
