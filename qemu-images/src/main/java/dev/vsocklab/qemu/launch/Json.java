package dev.vsocklab.qemu.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as QMP has it: reads one text, objects as maps, arrays as lists, numbers as doubles; writes
 * strings.
 *
 * <p>Source: RFC 8259. Nesting is bounded, for the text comes from outside.
 */
final class Json {
  private static final int MAX_DEPTH = 64;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /**
   * Reads an object.
   *
   * @throws IOException if the text is not one JSON object
   */
  static Map<String, @Nullable Object> object(String text) throws IOException {
    Json json = new Json(text);
    json.skipSpace();
    Map<String, @Nullable Object> object = json.objectAt(0);
    json.skipSpace();
    if (json.at != text.length()) {
      throw json.malformed("something follows the object");
    }
    return object;
  }

  /** A string with its quotes, for a text that is written. */
  static String quoted(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c == '"' || c == '\\' ? "\\" : "").append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private Map<String, @Nullable Object> objectAt(int depth) throws IOException {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    expect('{');
    if (skipIf('}')) {
      return object;
    }
    do {
      skipSpace();
      String key = string();
      expect(':');
      object.put(key, value(depth + 1));
    } while (skipIf(','));
    expect('}');
    return object;
  }

  private List<@Nullable Object> array(int depth) throws IOException {
    List<@Nullable Object> array = new ArrayList<>();
    expect('[');
    if (skipIf(']')) {
      return array;
    }
    do {
      array.add(value(depth + 1));
    } while (skipIf(','));
    expect(']');
    return array;
  }

  private @Nullable Object value(int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw malformed("it is nested more than " + MAX_DEPTH + " deep");
    }
    skipSpace();
    return switch (peek()) {
      case '{' -> objectAt(depth);
      case '[' -> array(depth);
      case '"' -> string();
      default -> literal();
    };
  }

  private @Nullable Object literal() throws IOException {
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
      at++;
    }
    String word = text.substring(start, at);
    return switch (word) {
      case "true" -> true;
      case "false" -> false;
      case "null" -> null;
      default -> number(word);
    };
  }

  private Double number(String word) throws IOException {
    try {
      return Double.valueOf(word);
    } catch (NumberFormatException e) {
      throw malformed("\"" + word + "\" is no value");
    }
  }

  private String string() throws IOException {
    if (peek() != '"') {
      throw malformed("a string is missing");
    }
    at++;
    StringBuilder string = new StringBuilder();
    while (peek() != '"') {
      char c = text.charAt(at++);
      string.append(c == '\\' ? escaped() : c);
    }
    at++;
    return string.toString();
  }

  private char escaped() throws IOException {
    char c = peek();
    at++;
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> codeUnit();
      default -> c;
    };
  }

  private char codeUnit() throws IOException {
    if (at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
      throw malformed("\\u wants four hex digits");
    }
    at += 4;
    return (char) Integer.parseInt(text.substring(at - 4, at), 16);
  }

  private void expect(char c) throws IOException {
    if (!skipIf(c)) {
      throw malformed("a " + c + " is missing");
    }
  }

  private boolean skipIf(char c) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() throws IOException {
    if (at >= text.length()) {
      throw malformed("it ends too early");
    }
    return text.charAt(at);
  }

  private IOException malformed(String why) {
    return new IOException("Not JSON at character " + at + ", " + why + ": " + text);
  }
}
