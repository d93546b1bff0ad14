package studio.nst.mobile

import kotlin.math.ln
import org.json.JSONObject

/** A point of a run's curve: weighted losses by name. Each step of a film's run is a frame. */
class CurvePoint(val step: Int, val losses: Map<String, Double>)

/**
 * What is known of a film's run: its events fill it, in one thread, while others may read it. [secret] lets its owner
 * stop it.
 */
class FilmRun(val id: String, val secret: String) {
    /** One of queued, running, paused, done, stopped, failed. */
    @Volatile
    var state = "queued"
        private set

    /** Place in the queue, from 1; 0 if the run is running or over. */
    @Volatile
    var position = 0
        private set

    @Volatile
    var totalSteps = 0
        private set

    @Volatile
    var curve = emptyList<CurvePoint>()
        private set

    /** Why the run failed, in one sentence; a film of the frames before that may be there. */
    @Volatile
    var error = ""
        private set

    /** Whether there is a film, of all frames or of those before the run was stopped or failed. */
    @Volatile
    var hasFilm = false
        private set

    @Volatile
    var isOver = false
        private set

    /** The id of the last event, from which a new connection continues. */
    var lastEvent = ""
        private set
    val step: Int get() = curve.lastOrNull()?.step ?: 0

    /** Takes an event of the server's stream: its name, its JSON and its id, which may be empty. */
    fun take(event: String, data: String, id: String) {
        val values = JSONObject(data)
        when (event) {
            "state" -> {
                state = values.getString("state")
                position = values.getInt("position")
                totalSteps = values.getInt("total_steps")
            }
            "step" -> curve = curve + CurvePoint(values.getInt("step"), losses(values.getJSONObject("losses")))
            "rewind" -> {
                val last = if (values.isNull("step")) 0 else values.getInt("step")
                curve = curve.filter { it.step <= last }
            }
            "end" -> {
                state = values.getString("state")
                hasFilm = values.getBoolean("has_result")
                error = if (values.isNull("error")) "" else values.getString("error")
                position = 0
                isOver = true
            }
        }
        if (id.isNotEmpty()) lastEvent = id
    }

    private fun losses(values: JSONObject): Map<String, Double> =
        values.keys().asSequence().filterNot(values::isNull).associateWith(values::getDouble)
}

/**
 * The curve of a run in a view of [width] x [height] pixels, as x and y by turns: the logarithm of the total, or of the
 * only loss that the fast method has, over the frames. A still frame's loss of 0 has no logarithm, and is left out.
 */
fun curveLine(points: List<CurvePoint>, totalSteps: Int, width: Float, height: Float): FloatArray {
    val shown = points.mapNotNull { point ->
        (point.losses["total"] ?: point.losses["temporal"])?.let { point.step to it }
    }.filter { it.second > 0 }
    if (shown.isEmpty()) return FloatArray(0)
    val logs = shown.map { ln(it.second) }
    val sorted = logs.sorted()
    val range = (sorted.last() - sorted.first()).coerceAtLeast(1e-9)
    val last = (maxOf(totalSteps, shown.last().first) - 1).coerceAtLeast(1)
    return FloatArray(2 * shown.size) { at ->
        if (at % 2 == 0) width * (shown[at / 2].first - 1) / last
        else (height * (1 - (logs[at / 2] - sorted.first()) / range)).toFloat()
    }
}
