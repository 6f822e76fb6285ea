#include "dfkd/weights/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

// Signatures and lengths of the fixed parts; names of fields as in PKWARE's APPNOTE.TXT.
constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kDataDescriptor = 0x08074b50;
constexpr uint32_t kCentralHeader = 0x02014b50;
constexpr uint32_t kEnd64 = 0x06064b50;
constexpr uint32_t kEnd64Locator = 0x07064b50;
constexpr uint32_t kEnd = 0x06054b50;
constexpr size_t kLocalBytes = 30;
constexpr size_t kCentralBytes = 46;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kEnd64LocatorBytes = 20;
constexpr size_t kEndBytes = 22;

// "The value stands in the zip64 extra field."
constexpr uint32_t kElsewhere32 = 0xffffffff;
constexpr uint16_t kElsewhere16 = 0xffff;
constexpr uint16_t kZip64ExtraId = 1;

// Flags: sizes follow the data; the name is UTF-8. No other is allowed, encryption least of all.
constexpr uint16_t kSizesFollow = 1 << 3;
constexpr uint16_t kAllowedFlags = kSizesFollow | 1 << 11;

absl::Status Refuse(absl::string_view what) { return InputFileError(absl::StrCat("zip: ", what)); }

template <typename T>
T Load(absl::string_view bytes, size_t at) {
  return LoadLittleEndian<T>(bytes.data() + at);
}

struct Directory {
  uint64_t entries = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct Entry {
  absl::string_view name;
  uint16_t flags = 0;
  uint32_t crc = 0;
  uint64_t size = 0;
  uint64_t offset = 0;  // of its local header
};

// The record at the end of the file says where the central directory lies; with zip64 another one
// before it does.
absl::StatusOr<Directory> FindDirectory(absl::string_view bytes) {
  if (bytes.size() < kEndBytes) return Refuse("the file is too short for an archive");
  size_t end = bytes.size() - kEndBytes;
  if (Load<uint32_t>(bytes, end) != kEnd || Load<uint16_t>(bytes, end + 20) != 0) {
    return Refuse("the file does not end in an archive's last record; it is cut off or damaged");
  }
  if (Load<uint32_t>(bytes, end + 4) != 0) return Refuse("the archive has several parts");
  const uint16_t entries = Load<uint16_t>(bytes, end + 10);
  Directory directory{entries, Load<uint32_t>(bytes, end + 16), Load<uint32_t>(bytes, end + 12)};
  const bool zip64 = end >= kEnd64LocatorBytes + kEnd64Bytes &&
                     Load<uint32_t>(bytes, end - kEnd64LocatorBytes) == kEnd64Locator;
  if (zip64) {
    const size_t locator = end - kEnd64LocatorBytes;
    end = locator - kEnd64Bytes;
    if (Load<uint64_t>(bytes, locator + 8) != end || Load<uint32_t>(bytes, end) != kEnd64 ||
        Load<uint64_t>(bytes, end + 4) != kEnd64Bytes - 12) {
      return Refuse("the zip64 records at the end contradict each other");
    }
    const Directory wide{Load<uint64_t>(bytes, end + 32), Load<uint64_t>(bytes, end + 48),
                         Load<uint64_t>(bytes, end + 40)};
    const auto agree = [](uint64_t narrow, uint64_t value, uint64_t elsewhere) {
      return narrow == value || narrow == elsewhere;
    };
    if (!agree(directory.entries, wide.entries, kElsewhere16) ||
        !agree(directory.offset, wide.offset, kElsewhere32) ||
        !agree(directory.size, wide.size, kElsewhere32)) {
      return Refuse("the zip64 records at the end contradict each other");
    }
    directory = wide;
  }
  if (directory.offset > end || directory.size != end - directory.offset) {
    return Refuse("the central directory does not end where the last record begins");
  }
  return directory;
}

// Replaces what stands in the zip64 extra field, in its fixed order.
absl::Status ReadZip64Extra(absl::string_view extra, uint64_t* uncompressed, uint64_t* compressed,
                            uint64_t* offset) {
  while (extra.size() >= 4) {
    const uint16_t id = Load<uint16_t>(extra, 0);
    const uint16_t size = Load<uint16_t>(extra, 2);
    extra.remove_prefix(4);
    if (size > extra.size()) break;
    absl::string_view field = extra.substr(0, size);
    extra.remove_prefix(size);
    if (id != kZip64ExtraId) continue;
    for (uint64_t* const value : {uncompressed, compressed, offset}) {
      if (value == nullptr || *value != kElsewhere32) continue;
      if (field.size() < 8) return Refuse("an entry's zip64 field is cut off");
      *value = Load<uint64_t>(field, 0);
      field.remove_prefix(8);
    }
  }
  return absl::OkStatus();
}

// Takes one entry off the front of the central directory.
absl::StatusOr<Entry> TakeEntry(absl::string_view* directory) {
  if (directory->size() < kCentralBytes || Load<uint32_t>(*directory, 0) != kCentralHeader) {
    return Refuse("the central directory is damaged");
  }
  const size_t name_size = Load<uint16_t>(*directory, 28);
  const size_t extra_size = Load<uint16_t>(*directory, 30);
  const size_t comment_size = Load<uint16_t>(*directory, 32);
  if (directory->size() - kCentralBytes < name_size + extra_size + comment_size) {
    return Refuse("the central directory is damaged");
  }
  Entry entry;
  entry.name = directory->substr(kCentralBytes, name_size);
  entry.flags = Load<uint16_t>(*directory, 8);
  entry.crc = Load<uint32_t>(*directory, 16);
  entry.size = Load<uint32_t>(*directory, 24);
  entry.offset = Load<uint32_t>(*directory, 42);
  uint64_t compressed = Load<uint32_t>(*directory, 20);
  DFKD_RETURN_IF_ERROR(ReadZip64Extra(directory->substr(kCentralBytes + name_size, extra_size),
                                      &entry.size, &compressed, &entry.offset));
  if (Load<uint16_t>(*directory, 10) != 0 || compressed != entry.size) {
    return Refuse(absl::StrCat("entry ", Quoted(entry.name), " is compressed"));
  }
  if ((entry.flags & ~kAllowedFlags) != 0) {
    return Refuse(absl::StrCat("entry ", Quoted(entry.name), " has flags 0x",
                               absl::Hex(entry.flags), "; is it encrypted?"));
  }
  directory->remove_prefix(kCentralBytes + name_size + extra_size + comment_size);
  return entry;
}

// Whether sizes and checksum at `at` (12 bytes, or 20 with zip64) are the entry's.
bool DescribesEntry(absl::string_view bytes, size_t at, const Entry& entry, bool zip64) {
  if (bytes.size() < at || bytes.size() - at < (zip64 ? 20 : 12)) return false;
  if (Load<uint32_t>(bytes, at) != entry.crc) return false;
  if (zip64) {
    return Load<uint64_t>(bytes, at + 4) == entry.size &&
           Load<uint64_t>(bytes, at + 12) == entry.size;
  }
  return Load<uint32_t>(bytes, at + 4) == entry.size && Load<uint32_t>(bytes, at + 8) == entry.size;
}

struct Extent {
  uint64_t begin = 0;
  uint64_t end = 0;  // behind the data, and behind the descriptor where there is one
  absl::string_view data;
};

// The entry's data, which begin behind its local header. `before` is the archive in front of the
// central directory.
absl::StatusOr<Extent> FindData(absl::string_view before, const Entry& entry) {
  const auto contradiction = [&] {
    return Refuse(absl::StrCat("entry ", Quoted(entry.name),
                               " is described differently in the central directory and before its "
                               "data"));
  };
  if (entry.offset > before.size() || before.size() - entry.offset < kLocalBytes) {
    return contradiction();
  }
  const absl::string_view local = before.substr(entry.offset);
  const size_t name_size = Load<uint16_t>(local, 26);
  const size_t extra_size = Load<uint16_t>(local, 28);
  const size_t head = kLocalBytes + name_size + extra_size;
  if (Load<uint32_t>(local, 0) != kLocalHeader || Load<uint16_t>(local, 6) != entry.flags ||
      Load<uint16_t>(local, 8) != 0 || local.size() < head ||
      local.substr(kLocalBytes, name_size) != entry.name || local.size() - head < entry.size) {
    return contradiction();
  }
  Extent extent{entry.offset, entry.offset + head + entry.size, local.substr(head, entry.size)};
  uint64_t size = Load<uint32_t>(local, 22);
  uint64_t compressed = Load<uint32_t>(local, 18);
  DFKD_RETURN_IF_ERROR(ReadZip64Extra(local.substr(kLocalBytes + name_size, extra_size), &size,
                                      &compressed, nullptr));
  const bool follow = (entry.flags & kSizesFollow) != 0;
  const bool empty = size == 0 && compressed == 0 && Load<uint32_t>(local, 14) == 0;
  const bool same =
      size == entry.size && compressed == entry.size && Load<uint32_t>(local, 14) == entry.crc;
  if (!same && !(follow && empty)) return contradiction();
  if (follow) {
    // A descriptor of 64-bit sizes is the longer one; both begin alike, so the longer is tried
    // first.
    if (before.size() - extent.end < 4 || Load<uint32_t>(before, extent.end) != kDataDescriptor) {
      return contradiction();
    }
    const bool wide = DescribesEntry(before, extent.end + 4, entry, true);
    if (!wide && !DescribesEntry(before, extent.end + 4, entry, false)) return contradiction();
    extent.end += wide ? 24 : 16;
  }
  return extent;
}

absl::Status CheckDisjoint(std::vector<Extent>& extents) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].end) return Refuse("two entries share bytes of the file");
  }
  return absl::OkStatus();
}

absl::Status CheckCrc(const Entry& entry, absl::string_view data) {
  if (entry.crc == 0) return absl::OkStatus();
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size());
  if (crc == entry.crc) return absl::OkStatus();
  return Refuse(absl::StrCat("entry ", Quoted(entry.name), " is damaged: its checksum is ",
                             absl::Hex(crc, absl::kZeroPad8), ", must be ",
                             absl::Hex(entry.crc, absl::kZeroPad8)));
}

}  // namespace

bool LooksLikeZip(absl::string_view bytes) {
  return bytes.size() >= 4 && Load<uint32_t>(bytes, 0) == kLocalHeader;
}

absl::StatusOr<std::map<absl::string_view, absl::string_view>> ReadZip(absl::string_view bytes) {
  DFKD_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes));
  const absl::string_view before = bytes.substr(0, directory.offset);
  absl::string_view rest = bytes.substr(directory.offset, directory.size);
  std::map<absl::string_view, absl::string_view> entries;
  std::vector<Extent> extents;
  while (!rest.empty()) {
    DFKD_ASSIGN_OR_RETURN(const Entry entry, TakeEntry(&rest));
    DFKD_ASSIGN_OR_RETURN(const Extent extent, FindData(before, entry));
    if (!entries.emplace(entry.name, extent.data).second) {
      return Refuse(absl::StrCat("two entries are named ", Quoted(entry.name)));
    }
    DFKD_RETURN_IF_ERROR(CheckCrc(entry, extent.data));
    extents.push_back(extent);
  }
  if (entries.size() != directory.entries) {
    return Refuse(absl::StrCat("the central directory has ", entries.size(), " entries, not the ",
                               directory.entries, " that the last record says"));
  }
  DFKD_RETURN_IF_ERROR(CheckDisjoint(extents));
  return entries;
}

}  // namespace dfkd
