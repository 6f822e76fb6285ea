// Numbers as files hold them.
#ifndef DFKD_CORE_LITTLE_ENDIAN_H_
#define DFKD_CORE_LITTLE_ENDIAN_H_

#include <bit>
#include <cstring>
#include <string>

namespace dfkd {

static_assert(std::endian::native == std::endian::little);

template <typename T>
T LoadLittleEndian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename T>
void AppendLittleEndian(T value, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace dfkd

#endif  // DFKD_CORE_LITTLE_ENDIAN_H_
