// Writes the source file behind dfkd_embed (plugin.bzl): embed CATEGORY OUTPUT FILE…
//
// Besides registering each file it defines a symbol named after category and stem, so that two
// files of one name in one binary fail the build at the link, whichever packages they lie in.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

constexpr char kDelimiter[] = "dfkd_text";

std::string Stem(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

// Letters and digits stay; any other byte becomes its hexadecimal value between underscores.
std::string Identifier(const std::string& text) {
  std::string id;
  for (unsigned char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') {
      id += static_cast<char>(c);
    } else {
      char hex[8];
      std::snprintf(hex, sizeof(hex), "_%02x_", c);
      id += hex;
    }
  }
  return id;
}

bool AppendFile(const std::string& category, const std::string& path, std::ostream& out) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    std::cerr << "embed: cannot read " << path << ", or it is empty\n";
    return false;
  }
  if (text.str().find(std::string(")") + kDelimiter + "\"") != std::string::npos) {
    std::cerr << "embed: " << path << " holds the literal's own delimiter\n";
    return false;
  }
  const std::string symbol = "dfkd_embedded_" + Identifier(category + "/" + Stem(path));
  out << "\nextern \"C\" const bool " << symbol << ";\n"
      << "const bool " << symbol << " = dfkd::AddEmbeddedFile({\"" << category << "\", \""
      << Stem(path) << "\", \"" << path << "\", R\"" << kDelimiter << "(" << text.str() << ")"
      << kDelimiter << "\"});\n";
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: embed CATEGORY OUTPUT FILE...\n";
    return 2;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out << "// Made by dfkd_embed.\n#include \"dfkd/core/embedded.h\"\n";
  for (int i = 3; i < argc; ++i) {
    if (!AppendFile(argv[1], argv[i], out)) return 1;
  }
  out.close();
  return out ? 0 : 1;
}
