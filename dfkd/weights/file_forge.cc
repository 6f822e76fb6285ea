#include "dfkd/weights/file_forge.h"

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"

namespace dfkd {
namespace {

// A field that says "see the zip64 extra field", or the value.
uint32_t Narrow(uint64_t value, bool zip64) {
  return zip64 ? 0xffffffff : static_cast<uint32_t>(value);
}

std::string LocalHeader(const ForgedEntry& entry, uint32_t crc, const ZipStyle& style) {
  const bool sizes_here = !style.sizes_follow;
  std::string out = "PK\x03\x04";
  AppendLittleEndian<uint16_t>(0, &out);  // version
  AppendLittleEndian<uint16_t>(style.sizes_follow ? 0x0808 : 0x0800, &out);
  out.append(6, '\0');  // method, time, date
  AppendLittleEndian<uint32_t>(sizes_here ? crc : 0, &out);
  for (int i = 0; i < 2; ++i) {
    AppendLittleEndian<uint32_t>(sizes_here ? entry.content.size() : 0, &out);
  }
  AppendLittleEndian<uint16_t>(entry.name.size(), &out);
  AppendLittleEndian<uint16_t>(0, &out);  // extra field
  return out + entry.name;
}

std::string Descriptor(const ForgedEntry& entry, uint32_t crc, const ZipStyle& style) {
  std::string out = "PK\x07\x08";
  AppendLittleEndian<uint32_t>(crc, &out);
  for (int i = 0; i < 2; ++i) {
    if (style.zip64) {
      AppendLittleEndian<uint64_t>(entry.content.size(), &out);
    } else {
      AppendLittleEndian<uint32_t>(entry.content.size(), &out);
    }
  }
  return out;
}

std::string CentralHeader(const ForgedEntry& entry, uint32_t crc, uint64_t offset,
                          const ZipStyle& style) {
  std::string extra;
  if (style.zip64) {
    AppendLittleEndian<uint16_t>(1, &extra);
    AppendLittleEndian<uint16_t>(24, &extra);
    AppendLittleEndian<uint64_t>(entry.content.size(), &extra);
    AppendLittleEndian<uint64_t>(entry.content.size(), &extra);
    AppendLittleEndian<uint64_t>(offset, &extra);
  }
  std::string out = "PK\x01\x02";
  AppendLittleEndian<uint32_t>(0, &out);  // versions
  AppendLittleEndian<uint16_t>(style.sizes_follow ? 0x0808 : 0x0800, &out);
  out.append(6, '\0');  // method, time, date
  AppendLittleEndian<uint32_t>(crc, &out);
  AppendLittleEndian<uint32_t>(Narrow(entry.content.size(), style.zip64), &out);
  AppendLittleEndian<uint32_t>(Narrow(entry.content.size(), style.zip64), &out);
  AppendLittleEndian<uint16_t>(entry.name.size(), &out);
  AppendLittleEndian<uint16_t>(extra.size(), &out);
  out.append(10, '\0');  // comment, disk, attributes
  AppendLittleEndian<uint32_t>(Narrow(offset, style.zip64), &out);
  return absl::StrCat(out, entry.name, extra);
}

std::string End(uint64_t entries, uint64_t offset, uint64_t size, const ZipStyle& style) {
  std::string out;
  if (style.zip64) {
    out = "PK\x06\x06";
    AppendLittleEndian<uint64_t>(44, &out);
    out.append(12, '\0');  // versions, disks
    for (const uint64_t value : {entries, entries, size, offset}) {
      AppendLittleEndian<uint64_t>(value, &out);
    }
    out += absl::string_view("PK\x06\x07\0\0\0\0", 8);
    AppendLittleEndian<uint64_t>(offset + size, &out);
    AppendLittleEndian<uint32_t>(1, &out);
  }
  out += absl::string_view("PK\x05\x06\0\0\0\0", 8);
  for (int i = 0; i < 2; ++i) {
    AppendLittleEndian<uint16_t>(style.zip64 ? 0xffff : entries, &out);
  }
  AppendLittleEndian<uint32_t>(Narrow(size, style.zip64), &out);
  AppendLittleEndian<uint32_t>(Narrow(offset, style.zip64), &out);
  AppendLittleEndian<uint16_t>(0, &out);
  return out;
}

}  // namespace

std::string ForgeSafetensors(absl::string_view header, absl::string_view buffer) {
  std::string out;
  AppendLittleEndian<uint64_t>(header.size(), &out);
  return absl::StrCat(out, header, buffer);
}

std::string ForgeZip(const std::vector<ForgedEntry>& entries, const ZipStyle& style) {
  std::string out;
  std::string directory;
  for (const ForgedEntry& entry : entries) {
    const uint32_t crc = !style.checksums
                             ? 0
                             : crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()),
                                       entry.content.size());
    directory += CentralHeader(entry, crc, out.size(), style);
    out += LocalHeader(entry, crc, style) + entry.content;
    if (style.sizes_follow) out += Descriptor(entry, crc, style);
  }
  const std::string end = End(entries.size(), out.size(), directory.size(), style);
  return out + directory + end;
}

std::string PickleText(absl::string_view text) {
  std::string out = "X";
  AppendLittleEndian<uint32_t>(text.size(), &out);
  return absl::StrCat(out, text);
}

std::string PickleInt(int32_t value) {
  std::string out = "J";
  AppendLittleEndian<int32_t>(value, &out);
  return out;
}

std::string PickleName(absl::string_view module, absl::string_view name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}

std::string PickleTuple(const std::vector<int32_t>& numbers) {
  std::string out = "(";
  for (const int32_t number : numbers) out += PickleInt(number);
  return out + "t";
}

std::string PickleStorage(absl::string_view key, int32_t elements,
                          absl::string_view storage_class) {
  return absl::StrCat("(", PickleText("storage"), PickleName("torch", storage_class),
                      PickleText(key), PickleText("cpu"), PickleInt(elements), "tQ");
}

std::string PickleTensor(absl::string_view storage, int32_t offset,
                         const std::vector<int32_t>& sizes, const std::vector<int32_t>& strides) {
  return absl::StrCat(PickleName("torch._utils", "_rebuild_tensor_v2"), "(", storage,
                      PickleInt(offset), PickleTuple(sizes), PickleTuple(strides), "\x89",
                      PickleName("collections", "OrderedDict"), ")RtR");
}

std::string PickleDict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string out = absl::StrCat(kPickleBegin, "}(");
  for (const auto& [name, item] : items) absl::StrAppend(&out, PickleText(name), item);
  return out + "u.";
}

std::string ForgePyTorchZip(absl::string_view program, const std::vector<ForgedEntry>& storages,
                            const ZipStyle& style) {
  std::vector<ForgedEntry> entries = {{"archive/data.pkl", std::string(program)},
                                      {"archive/byteorder", "little"}};
  for (const ForgedEntry& storage : storages) {
    entries.push_back({"archive/data/" + storage.name, storage.content});
  }
  entries.push_back({"archive/version", "3\n"});
  return ForgeZip(entries, style);
}

std::string ForgePyTorchLegacy(absl::string_view program,
                               const std::vector<ForgedEntry>& storages) {
  std::string out("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  absl::StrAppend(&out, kPickleBegin, "M\xe9\x03.");
  absl::StrAppend(&out, PickleDict({{"protocol_version", PickleInt(1001)},
                                    {"little_endian", "\x88"},
                                    {"type_sizes", "}"}}));
  absl::StrAppend(&out, program, kPickleBegin, "](");
  for (const ForgedEntry& storage : storages) out += PickleText(storage.name);
  out += "e.";
  for (const ForgedEntry& storage : storages) {
    AppendLittleEndian<int64_t>(storage.content.size() / 4, &out);
    out += storage.content;
  }
  return out;
}

std::string Patch(std::string bytes, absl::string_view from, absl::string_view to, int nth) {
  size_t at = bytes.find(from);
  while (nth-- > 0 && at != std::string::npos) at = bytes.find(from, at + 1);
  if (at == std::string::npos) std::abort();
  return bytes.replace(at, from.size(), to);
}

}  // namespace dfkd
