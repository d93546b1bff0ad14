package studio.nst.mobile

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.view.View

/** The loss curve of a run, as `curveLine` draws it. */
class CurveView(context: Context) : View(context) {
    private val ink = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        style = Paint.Style.STROKE
        strokeWidth = 2 * resources.displayMetrics.density
        color = 0xFF2A78D6.toInt()
    }
    private var line = FloatArray(0)

    /** Show the curve so far. */
    fun show(run: FilmRun) {
        val margin = ink.strokeWidth
        line = curveLine(run.curve, run.totalSteps, width - 2 * margin, height - 2 * margin)
        for (at in line.indices) line[at] += margin
        contentDescription = resources.getString(R.string.curve, run.step, run.totalSteps)
        invalidate()
    }

    override fun onDraw(canvas: Canvas) {
        val path = Path()
        for (at in line.indices step 2) {
            if (at == 0) path.moveTo(line[0], line[1]) else path.lineTo(line[at], line[at + 1])
        }
        canvas.drawPath(path, ink)
    }
}
