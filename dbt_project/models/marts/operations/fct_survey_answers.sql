select * from {{ ref('int_survey_answers_scored') }}
