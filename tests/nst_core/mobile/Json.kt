// A stand-in for the classes of Android's org.json that the sample uses.
package org.json

class JSONException(message: String) : Exception(message)

class JSONArray(private val values: List<Any?>) {
    fun length() = values.size
    fun getJSONObject(at: Int) = values[at] as? JSONObject ?: throw JSONException("no object at $at")
}

class JSONObject private constructor(private val values: Map<String, Any?>) {
    constructor(text: String) : this((Reader(text).whole() as? JSONObject ?: throw JSONException("no object")).values)

    fun keys(): Iterator<String> = values.keys.iterator()
    fun isNull(name: String) = values[name] == null
    fun getString(name: String) = values[name] as? String ?: throw JSONException("no text $name")
    fun getBoolean(name: String) = values[name] as? Boolean ?: throw JSONException("no boolean $name")
    fun getDouble(name: String) = values[name] as? Double ?: throw JSONException("no number $name")
    fun getInt(name: String) = getDouble(name).toInt()
    fun getJSONObject(name: String) = values[name] as? JSONObject ?: throw JSONException("no object $name")
    fun getJSONArray(name: String) = values[name] as? JSONArray ?: throw JSONException("no array $name")

    private class Reader(private val text: String) {
        private var at = 0

        fun whole(): Any? = value().also { if (next() != '\u0000') throw JSONException("more at $at") }

        private fun next(): Char {
            while (at < text.length && text[at].isWhitespace()) at++
            return if (at < text.length) text[at] else '\u0000'
        }

        private fun value(): Any? = when (next()) {
            '{' -> JSONObject(listed('{', '}') { string().also { if (next() == ':') at++ } to value() }.toMap())
            '[' -> JSONArray(listed('[', ']') { value() })
            '"' -> string()
            else -> word()
        }

        private fun <T> listed(begin: Char, end: Char, one: () -> T): List<T> {
            val found = ArrayList<T>()
            if (next() == begin) at++
            while (next() != end) {
                found.add(one())
                if (next() == ',') at++ else if (next() != end) throw JSONException("no $end at $at")
            }
            at++
            return found
        }

        private fun string(): String {
            if (next() != '"') throw JSONException("no text at $at")
            val made = StringBuilder()
            at++
            while (text[at] != '"') {
                if (text[at] == '\\') {
                    at++
                    made.append(escaped())
                } else {
                    made.append(text[at])
                }
                at++
            }
            at++
            return made.toString()
        }

        private fun escaped(): Char = when (val kind = text[at]) {
            'u' -> text.substring(at + 1, at + 5).toInt(16).toChar().also { at += 4 }
            'n' -> '\n'
            't' -> '\t'
            else -> kind
        }

        private fun word(): Any? {
            val word = text.substring(at).takeWhile { it.isLetterOrDigit() || it in "+-." }
            at += word.length
            return when (word) {
                "true" -> true
                "false" -> false
                "null" -> null
                else -> word.toDoubleOrNull() ?: throw JSONException("no value at $at")
            }
        }
    }
}
